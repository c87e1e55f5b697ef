-- Whether a gateway that said that it stops is being upgraded. Only an addition: an older node goes on working beside it.

ALTER TABLE gateways ADD COLUMN upgrading INTEGER NOT NULL DEFAULT 0;
