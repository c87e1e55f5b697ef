-- What a gateway says of its own address. Only an addition: an older node goes on working beside it.

ALTER TABLE gateways ADD COLUMN local_address TEXT;
