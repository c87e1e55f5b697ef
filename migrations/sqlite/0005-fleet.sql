-- Gateways that were deleted or have stopped politely. Only additions: an older node goes on working beside it.

ALTER TABLE gateways ADD COLUMN deleted_at INTEGER;
-- Who deleted it, a principal.
ALTER TABLE gateways ADD COLUMN deleted_by TEXT;
-- 1 from its deletion until the last of its open tasks was ended, so that a crash in between leaves none open.
ALTER TABLE gateways ADD COLUMN ending INTEGER NOT NULL DEFAULT 0 CHECK (ending IN (0, 1));
-- When it said that it stops; NULL again with its next session.
ALTER TABLE gateways ADD COLUMN stopped_at INTEGER;
CREATE INDEX gateways_deleted ON gateways (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX gateways_ending ON gateways (number) WHERE ending = 1;

-- Enrolments of an account, newest first; the token's hash ends it, as it is the primary key.
CREATE INDEX enrollments_listed ON enrollments (account, created_at);
-- Asked for when a gateway is removed for good.
CREATE INDEX enrollments_gateway ON enrollments (gateway) WHERE gateway IS NOT NULL;
