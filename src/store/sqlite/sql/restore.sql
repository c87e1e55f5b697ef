-- name: restored_keys
SELECT id, account, principal, sealed_secret, active FROM access_keys ORDER BY account, principal, id

-- name: restored_users
SELECT id, account, name FROM users ORDER BY account, name

-- name: restored_gateways
SELECT number, account, name, created_at, last_seen_at FROM gateways WHERE deleted_at IS NULL ORDER BY account, name, number

-- name: skip_numbers
-- Ids that were given out after the backup must not name something else.
UPDATE sqlite_sequence SET seq = max(:least, seq + :step) WHERE name = :name

-- name: begin_numbers
INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :least)

-- name: skip_epochs
-- No session of after the backup has the epoch of one of before it.
UPDATE gateways SET epoch = max(:least, epoch + 1)

-- name: expire_unused_enrollments
-- One of them may have been used since.
UPDATE enrollments SET expires_at = :now WHERE gateway IS NULL AND expires_at > :now

-- name: set_restored
UPDATE meta SET restored_at = :now WHERE one = 1
