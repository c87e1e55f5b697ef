-- name: insert_enrollment
INSERT INTO enrollments (token_hash, account, region, name, created_at, created_by, expires_at)
VALUES (:token_hash, :account, :region, :name, :now, :created_by, :expires_at)

-- name: lock_enrollment
SELECT account, region, name, expires_at, public_key, gateway FROM enrollments
WHERE token_hash = :token_hash FOR UPDATE

-- name: use_enrollment
UPDATE enrollments SET public_key = :public_key, gateway = :gateway::bigint WHERE token_hash = :token_hash

-- name: insert_gateway
INSERT INTO gateways (account, region, name, created_at, hostname, version)
VALUES (:account, :region, :name, :now, :hostname, :version)
RETURNING number

-- name: gateway
SELECT number, account, region, name, created_at, epoch, connected::integer AS connected, instance, last_seen_at,
  conflict_until, hostname, address, local_address, version, stopped_at, upgrading::integer AS upgrading, deleted_at,
  (SELECT fingerprint FROM gateway_keys k WHERE k.gateway = gateways.number AND k.role = 'current') AS key_fingerprint
FROM gateways WHERE number = :number::bigint

-- name: lock_gateway
-- Until the end of the transaction no other session of it is opened or closed, and none claims.
SELECT number FROM gateways WHERE number = :number::bigint FOR NO KEY UPDATE

-- name: gateway_of_account
SELECT number, account, region, name, created_at, epoch, connected::integer AS connected, instance, last_seen_at,
  conflict_until, hostname, address, local_address, version, stopped_at, upgrading::integer AS upgrading, deleted_at,
  (SELECT fingerprint FROM gateway_keys k WHERE k.gateway = gateways.number AND k.role = 'current') AS key_fingerprint
FROM gateways WHERE number = :number::bigint AND account = :account AND deleted_at IS NULL

-- name: gateways_of_accounts
SELECT * FROM find_gateways((:rows::text)::jsonb)

-- name: gateways_of_account
-- A filter that is NULL lets everything through; :numbers is an array.
SELECT number, account, region, name, created_at, epoch, connected::integer AS connected, instance, last_seen_at,
  conflict_until, hostname, address, local_address, version, stopped_at, upgrading::integer AS upgrading, deleted_at,
  (SELECT fingerprint FROM gateway_keys k WHERE k.gateway = gateways.number AND k.role = 'current') AS key_fingerprint
FROM gateways
WHERE account = :account AND deleted_at IS NULL
  AND (:region::text IS NULL OR region = :region::text)
  AND (:numbers::text IS NULL OR number = ANY ((:numbers::text)::bigint[]))
ORDER BY number LIMIT :limit::bigint OFFSET :offset::bigint

-- name: gateway_briefs
SELECT number, name, last_seen_at, conflict_until, stopped_at, upgrading::integer AS upgrading FROM gateways
WHERE account = :account AND number > :after::bigint AND deleted_at IS NULL
  AND (:region::text IS NULL OR region = :region::text)
ORDER BY number LIMIT :limit::integer

-- name: count_gateways
SELECT count(*) AS total FROM gateways WHERE deleted_at IS NULL

-- name: count_gateways_of_account
SELECT count(*) AS total FROM gateways
WHERE account = :account AND deleted_at IS NULL
  AND (:region::text IS NULL OR region = :region::text)
  AND (:numbers::text IS NULL OR number = ANY ((:numbers::text)::bigint[]))

-- name: presences
SELECT number, last_seen_at, conflict_until, stopped_at, upgrading::integer AS upgrading
FROM gateways WHERE deleted_at IS NULL

-- name: regions_of_account
SELECT DISTINCT region FROM gateways WHERE account = :account AND deleted_at IS NULL ORDER BY region LIMIT :limit::bigint

-- name: proving_keys
-- The current one first.
SELECT public_key FROM gateway_keys WHERE gateway = :gateway::bigint AND role IN ('current', 'next') ORDER BY role

-- name: key_role
SELECT role FROM gateway_keys
WHERE gateway = :gateway::bigint AND fingerprint = :fingerprint AND role IN ('current', 'next')

-- name: retire_keys
UPDATE gateway_keys SET role = 'former' WHERE gateway = :gateway::bigint AND role = :role

-- name: promote_key
UPDATE gateway_keys SET role = 'current' WHERE gateway = :gateway::bigint AND fingerprint = :fingerprint

-- name: upsert_key
-- The key in use stays what it is.
INSERT INTO gateway_keys (gateway, fingerprint, public_key, role, added_at)
VALUES (:gateway, :fingerprint, :public_key, :role, :now)
ON CONFLICT (gateway, fingerprint) DO UPDATE SET role = excluded.role WHERE gateway_keys.role <> 'current'

-- name: open_session
UPDATE gateways SET epoch = epoch + 1, connected = true, node = :node, instance = :instance, conflict_until = NULL,
  stopped_at = NULL, last_seen_at = greatest(coalesce(last_seen_at, 0), :now::bigint), hostname = :hostname,
  address = :address, local_address = :local_address, version = :version
WHERE number = :gateway::bigint
RETURNING epoch

-- name: insert_replacement
INSERT INTO gateway_replacements (gateway, at) VALUES (:gateway, :now)

-- name: forget_replacements
DELETE FROM gateway_replacements WHERE gateway = :gateway::bigint AND at <= :before::bigint

-- name: count_replacements
SELECT count(*) AS total FROM gateway_replacements WHERE gateway = :gateway::bigint

-- name: start_conflict
-- The session that is open ends with it: its epoch is not the newest any more.
UPDATE gateways SET epoch = epoch + 1, connected = false, node = NULL, conflict_until = :until::bigint
WHERE number = :gateway::bigint

-- name: close_session
-- Also where its node was taken for dead meanwhile: the node must not take it for open when it is back.
-- :stopped_at is NULL where it did not say that it stops.
UPDATE gateways SET connected = false, node = NULL, stopped_at = :stopped_at::bigint, upgrading = :upgrading
WHERE number = :gateway::bigint AND epoch = :epoch::bigint AND node IS NOT NULL

-- name: limit_claims
-- The session is gone: its claims end by :until unless they end before.
UPDATE attempts SET claim_deadline = least(coalesce(claim_deadline, :until::bigint), :until::bigint)
WHERE gateway = ANY ((:gateways::text)::bigint[]) AND state = 'open' AND task >= :floor::bigint

-- name: sessions_over
-- Nothing of most of them: only what differs comes back.
SELECT g.number, g.epoch, (g.deleted_at IS NOT NULL)::integer AS deleted
FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (gateway bigint, epoch bigint)
JOIN gateways g ON g.number = i.gateway
WHERE g.epoch > i.epoch OR g.deleted_at IS NOT NULL

-- name: heartbeats
WITH input AS (
  SELECT gateway, max(at) AS at FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (gateway bigint, at bigint)
  GROUP BY gateway
), locked AS (
  SELECT g.number FROM gateways g WHERE g.number IN (SELECT gateway FROM input) ORDER BY g.number FOR NO KEY UPDATE
)
UPDATE gateways g SET last_seen_at = i.at FROM input i JOIN locked l ON l.number = i.gateway
WHERE g.number = i.gateway AND coalesce(g.last_seen_at, 0) < i.at

-- name: enrollments_of_account
-- Newest first, from behind (:at, :id); :id is a beginning of a hash, so the hash itself is behind it.
SELECT substr(token_hash, 1, 20) AS id, region, name, created_at, created_by, expires_at, gateway FROM enrollments
WHERE account = :account AND (created_at, token_hash) < (:at::bigint, :id::text)
ORDER BY created_at DESC, token_hash DESC LIMIT :limit::bigint

-- name: enrollment_by_id
-- A range of the primary key: 'g' comes after every hex digit.
SELECT token_hash, substr(token_hash, 1, 20) AS id, region, name, created_at, created_by, expires_at, gateway
FROM enrollments
WHERE token_hash >= :id::text AND token_hash < :id::text || 'g' AND account = :account
LIMIT 1

-- name: delete_enrollment
DELETE FROM enrollments WHERE token_hash = :token_hash AND gateway IS NULL

-- name: update_gateway
UPDATE gateways SET name = coalesce(:name::text, name), region = coalesce(:region::text, region)
WHERE number = :gateway::bigint

-- name: delete_gateway
-- The epoch goes up, so that a session that is open claims nothing any more.
UPDATE gateways SET deleted_at = :now::bigint, deleted_by = :by, ending = true, epoch = epoch + 1, connected = false,
  node = NULL
WHERE number = :gateway::bigint

-- name: ending_gateways
SELECT number, deleted_at, deleted_by FROM gateways WHERE ending ORDER BY number LIMIT :limit::integer
FOR NO KEY UPDATE SKIP LOCKED

-- name: open_tasks_of_gateway
-- An open task can be claimed or has an open attempt; both are found in short indexes, however many have ended.
SELECT t.number FROM tasks t
WHERE t.number IN (
    (SELECT number FROM tasks
      WHERE gateway = :gateway::bigint AND claimable AND number >= :floor::bigint ORDER BY number LIMIT :limit::integer)
    UNION
    (SELECT task FROM attempts
      WHERE gateway = :gateway::bigint AND state = 'open' AND task >= :floor::bigint LIMIT :limit::integer)
  )
  AND t.number >= :floor::bigint AND t.ended_at IS NULL
ORDER BY t.number LIMIT :limit::integer FOR NO KEY UPDATE

-- name: end_deletion
-- Only where every create that saw the gateway before it was deleted has ended long ago.
UPDATE gateways SET ending = false WHERE number = :gateway::bigint AND deleted_at <= :before::bigint
