-- name: meta
SELECT server_id, id_key, min_node FROM meta WHERE one = 1

-- name: begin_meta
-- Server id and key are made once: whoever migrates later keeps them.
INSERT INTO meta (one, server_id, id_key, min_node) VALUES (1, :server_id, :id_key, :min_node)
ON CONFLICT (one) DO UPDATE SET min_node = excluded.min_node

-- name: applied_migrations
SELECT number FROM migrations

-- name: insert_migration
INSERT INTO migrations (number, name, applied_at, applied_by)
VALUES (:number::integer, :name, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, :version)

-- name: has_meta
SELECT to_regclass('meta') IS NOT NULL AS there

-- name: migration_lock
-- Until the end of the transaction: one node migrates, the others wait and find it done.
SELECT pg_advisory_xact_lock(7025920412) AS locked

-- name: server_settings
SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num')::integer AS version,
  current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('synchronous_standby_names') <> '' AS has_standby,
  current_setting('fsync')::boolean AS fsync, current_setting('full_page_writes')::boolean AS full_page_writes

-- name: node_lock
-- Nodes come and go one at a time.
SELECT pg_advisory_xact_lock(7025920413) AS locked

-- name: insert_node
INSERT INTO nodes (id, version, started_at, seen_at) VALUES (:node, :version, :now::bigint, :now::bigint)
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at

-- name: renew_node
UPDATE nodes SET seen_at = :now::bigint WHERE id = :node

-- name: pull_back_nodes
-- The clock was set back: a node that is dead must not live until the clock is where it was.
UPDATE nodes SET seen_at = :now::bigint WHERE seen_at > :ahead::bigint

-- name: live_nodes
SELECT count(*) AS total FROM nodes WHERE id <> :node AND seen_at > :since::bigint

-- name: delete_dead_nodes
DELETE FROM nodes WHERE id IN (
  SELECT id FROM nodes WHERE id <> :node AND seen_at <= :since::bigint FOR UPDATE SKIP LOCKED
)
RETURNING id

-- name: delete_node
DELETE FROM nodes WHERE id = :node

-- name: lose_gateways
-- Of nodes that are taken for dead. They keep the node: it may come back with its sessions.
UPDATE gateways SET connected = false
WHERE node IN (SELECT jsonb_array_elements_text((:nodes::text)::jsonb)) AND connected
RETURNING number

-- name: regain_gateways
UPDATE gateways SET connected = true WHERE node = :node AND NOT connected AND deleted_at IS NULL

-- name: leave_gateways
UPDATE gateways SET connected = false, node = NULL WHERE node = :node RETURNING number

-- name: regain_claims
-- Their time ran while nobody knew that the sessions lived; now they run as long as their tasks again.
UPDATE attempts a SET claim_deadline = NULL FROM gateways g
WHERE g.node = :node AND g.connected AND a.gateway = g.number AND a.state = 'open' AND a.task >= :floor::bigint

-- name: restart_gateways
-- They keep the node, as above. The clock may have been set back while nobody served: nothing that was seen lies ahead of it.
UPDATE gateways SET connected = false,
  last_seen_at = CASE WHEN last_seen_at > :now::bigint THEN :now::bigint ELSE last_seen_at END,
  conflict_until = CASE WHEN conflict_until > :latest::bigint THEN :latest::bigint ELSE conflict_until END
WHERE connected OR last_seen_at > :now::bigint OR conflict_until > :latest::bigint

-- name: forget_later_replacements
DELETE FROM gateway_replacements WHERE at > :now::bigint

-- name: restart_claims
-- Of all gateways where :gateways is NULL, as in the next two. No claim without a session has longer.
UPDATE attempts SET claim_deadline = :until::bigint
WHERE state = 'open' AND task >= :floor::bigint
  AND (:gateways::text IS NULL OR gateway = ANY ((:gateways::text)::bigint[]))

-- name: restart_delivery
-- Where the clock was set back, a task waits at most as long again as it was to wait at first.
UPDATE tasks SET delivery_deadline = greatest(:until::bigint, least(delivery_deadline, :now::bigint + delivery_ms))
WHERE accepted_at IS NULL AND ended_at IS NULL AND number >= :floor::bigint
  AND (delivery_deadline < :until::bigint OR delivery_deadline > :now::bigint + delivery_ms)
  AND (:gateways::text IS NULL OR gateway = ANY ((:gateways::text)::bigint[]))

-- name: restart_execution
UPDATE tasks SET execution_deadline = greatest(:until::bigint, least(execution_deadline, :now::bigint + execution_ms))
WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND number >= :floor::bigint
  AND (execution_deadline < :until::bigint OR execution_deadline > :now::bigint + execution_ms)
  AND (:gateways::text IS NULL OR gateway = ANY ((:gateways::text)::bigint[]))

-- name: purge_client_tokens
DELETE FROM client_tokens WHERE (account, action, value) IN (
  SELECT account, action, value FROM client_tokens WHERE expires_at <= :now::bigint
  ORDER BY expires_at LIMIT :limit::integer FOR UPDATE SKIP LOCKED
)

-- name: purge_nonces
DELETE FROM nonces WHERE (key, value) IN (
  SELECT key, value FROM nonces WHERE expires_at <= :now::bigint
  ORDER BY expires_at LIMIT :limit::integer FOR UPDATE SKIP LOCKED
)

-- name: purge_enrollments
DELETE FROM enrollments WHERE token_hash IN (
  SELECT token_hash FROM enrollments WHERE expires_at <= :now::bigint
  ORDER BY expires_at LIMIT :limit::integer FOR UPDATE SKIP LOCKED
)

-- name: purge_temporary_keys
DELETE FROM temporary_keys WHERE id IN (
  SELECT id FROM temporary_keys WHERE expires_at <= :before::bigint
  ORDER BY expires_at LIMIT :limit::integer FOR UPDATE SKIP LOCKED
)

-- name: raise_purged_before
-- It never goes back: what was gone stays gone, also with a longer retention.
UPDATE meta SET purged_before = :before::bigint WHERE one = 1 AND purged_before < :before::bigint

-- name: purge_gateways
-- Its tasks and the token that made it go before it; its keys go with it. :before is behind every create that saw it.
DELETE FROM gateways WHERE number IN (
  SELECT number FROM gateways g
  WHERE deleted_at <= :before::bigint
    AND NOT EXISTS (
      SELECT 1 FROM tasks t
      WHERE t.gateway = g.number AND (t.ended_at IS NULL OR t.ended_at > (SELECT purged_before FROM meta))
    )
    AND NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.gateway = g.number)
  ORDER BY deleted_at LIMIT :limit::integer FOR UPDATE SKIP LOCKED
)

-- name: partitions
-- Of the tasks, oldest first; the other tables have the same.
SELECT first, next FROM (
  SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \(''(\d+)''\)')::bigint AS first,
    substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint AS next
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'tasks'::regclass
) p
ORDER BY first

-- name: partition_room
SELECT partition_size, (SELECT last_value FROM task_numbers) AS newest FROM meta WHERE one = 1

-- name: partition_lock
-- One node at a time makes and drops partitions, with this lock also in drop_ended_partition. False where another one does.
SELECT pg_try_advisory_xact_lock(7025920414) AS locked

-- name: partition_turn
-- As the one before, for who waits.
SELECT pg_advisory_xact_lock(7025920414) AS locked

-- name: make_task_partition
SELECT make_task_partition(:first::bigint, :next::bigint) AS made

-- name: drop_ended_partition
SELECT drop_ended_partition(:first::bigint) AS dropped

-- name: newest_end
-- Of the newest task of a partition: while it is kept, the whole partition is.
SELECT ended_at FROM tasks WHERE number >= :first::bigint AND number < :next::bigint ORDER BY number DESC LIMIT 1

-- name: kept_task
-- What is open has an index of its own. The last end is looked for in the ranges of pages that can have a later one; with
-- LIMIT the planner would hope to meet one soon and read the whole partition.
SELECT 1 AS there
WHERE EXISTS (SELECT FROM tasks WHERE number >= :first::bigint AND number < :next::bigint AND ended_at IS NULL)
  OR (
    SELECT max(ended_at) FROM tasks WHERE number >= :first::bigint AND number < :next::bigint AND ended_at > :before::bigint
  ) IS NOT NULL

-- name: begin_savepoint
SAVEPOINT unit

-- name: release_savepoint
RELEASE SAVEPOINT unit

-- name: undo_savepoint
ROLLBACK TO SAVEPOINT unit
