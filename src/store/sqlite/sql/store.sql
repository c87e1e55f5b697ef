-- name: has_meta
SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'

-- name: meta
SELECT server_id, id_key, min_node FROM meta WHERE one = 1

-- name: restored_at
SELECT restored_at FROM meta WHERE one = 1

-- name: applied_migrations
SELECT number FROM migrations

-- name: insert_migration
INSERT INTO migrations (number, name, applied_at, applied_by) VALUES (:number, :name, :now, :version)

-- name: insert_meta
-- Server id and key are made once: whoever migrates later keeps them.
INSERT INTO meta (one, server_id, id_key, min_node) VALUES (1, :server_id, :id_key, :min_node)
ON CONFLICT (one) DO UPDATE SET min_node = excluded.min_node

-- name: restart_gateways
-- The clock may have been set back while the server was away: nothing that was seen lies ahead of it.
UPDATE gateways SET connected = 0, last_seen_at = min(last_seen_at, :now),
  conflict_until = min(conflict_until, :now + :conflict_ms)
WHERE connected = 1 OR last_seen_at > :now OR conflict_until > :now + :conflict_ms

-- name: forget_later_replacements
DELETE FROM gateway_replacements WHERE at > :now

-- name: restart_claims
-- No claim without a session has longer.
UPDATE attempts SET claim_deadline = :until WHERE state = 'open'

-- name: restart_delivery
-- Where the clock was set back, a task waits at most as long again as it was to wait at first.
UPDATE tasks SET delivery_deadline = max(:until, min(delivery_deadline, :now + coalesce(delivery_ms, delivery_deadline - created_at))),
  checksum = checksum + checksum_change(number, 'delivery_deadline', delivery_deadline, max(:until, min(delivery_deadline, :now + coalesce(delivery_ms, delivery_deadline - created_at))))
WHERE accepted_at IS NULL AND ended_at IS NULL AND (delivery_deadline < :until OR delivery_deadline > :now + coalesce(delivery_ms, delivery_deadline - created_at))

-- name: restart_execution
UPDATE tasks SET execution_deadline = max(:until, min(execution_deadline, :now + execution_ms)),
  checksum = checksum + checksum_change(number, 'execution_deadline', execution_deadline, max(:until, min(execution_deadline, :now + execution_ms)))
WHERE accepted_at IS NOT NULL AND ended_at IS NULL
  AND (execution_deadline < :until OR execution_deadline > :now + execution_ms)

-- name: purgeable_tasks
SELECT number FROM tasks WHERE ended_at IS NOT NULL AND ended_at <= :before ORDER BY ended_at LIMIT :limit

-- name: result_bytes
SELECT coalesce(sum(length(data)), 0) AS bytes FROM results WHERE task = :task

-- name: purge_task
-- Attempts, outcomes and results go with it.
DELETE FROM tasks WHERE number = :task

-- name: purge_client_tokens
DELETE FROM client_tokens WHERE (account, action, value) IN (
  SELECT account, action, value FROM client_tokens WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)

-- name: purge_nonces
DELETE FROM nonces WHERE (key, value) IN (
  SELECT key, value FROM nonces WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)

-- name: purge_enrollments
DELETE FROM enrollments WHERE token_hash IN (
  SELECT token_hash FROM enrollments WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)

-- name: purge_temporary_keys
DELETE FROM temporary_keys WHERE id IN (
  SELECT id FROM temporary_keys WHERE expires_at <= :before ORDER BY expires_at LIMIT :limit
)

-- name: purge_gateways
-- Its tasks and the token that made it go before it; its keys go with it.
DELETE FROM gateways WHERE number IN (
  SELECT number FROM gateways g INDEXED BY gateways_deleted
  WHERE deleted_at IS NOT NULL AND ending = 0
    AND NOT EXISTS (SELECT 1 FROM tasks t INDEXED BY tasks_listed_gateway WHERE t.gateway = g.number)
    AND NOT EXISTS (SELECT 1 FROM enrollments e INDEXED BY enrollments_gateway WHERE e.gateway = g.number)
  ORDER BY deleted_at LIMIT :limit
)
