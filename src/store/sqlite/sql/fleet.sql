-- name: insert_enrollment
INSERT INTO enrollments (token_hash, account, region, name, created_at, created_by, expires_at)
VALUES (:token_hash, :account, :region, :name, :now, :created_by, :expires_at)

-- name: enrollment
SELECT account, region, name, expires_at, public_key, gateway FROM enrollments WHERE token_hash = :token_hash

-- name: use_enrollment
UPDATE enrollments SET public_key = :public_key, gateway = :gateway WHERE token_hash = :token_hash AND gateway IS NULL

-- name: insert_gateway
INSERT INTO gateways (account, region, name, created_at, hostname, version)
VALUES (:account, :region, :name, :now, :hostname, :version)

-- name: gateway
SELECT number, account, region, name, created_at, epoch, connected, instance, last_seen_at, conflict_until,
  hostname, address, local_address, version, stopped_at, upgrading, deleted_at,
  (SELECT fingerprint FROM gateway_keys k WHERE k.gateway = gateways.number AND k.role = 'current') AS key_fingerprint
FROM gateways WHERE number = :number

-- name: gateway_of_account
SELECT number, account, region, name, created_at, epoch, connected, instance, last_seen_at, conflict_until,
  hostname, address, local_address, version, stopped_at, upgrading, deleted_at,
  (SELECT fingerprint FROM gateway_keys k WHERE k.gateway = gateways.number AND k.role = 'current') AS key_fingerprint
FROM gateways WHERE number = :number AND account = :account AND deleted_at IS NULL

-- name: region_of_gateway
SELECT number, region FROM gateways WHERE number = :number AND account = :account AND deleted_at IS NULL

-- name: gateways_of_account
-- A filter that is NULL lets everything through.
SELECT number, account, region, name, created_at, epoch, connected, instance, last_seen_at, conflict_until,
  hostname, address, local_address, version, stopped_at, upgrading, deleted_at,
  (SELECT fingerprint FROM gateway_keys k WHERE k.gateway = gateways.number AND k.role = 'current') AS key_fingerprint
FROM gateways
WHERE account = :account AND deleted_at IS NULL
  AND (:region IS NULL OR region = :region)
ORDER BY number LIMIT :limit OFFSET :offset

-- name: chosen_gateways
-- :numbers is a JSON array. Apart from those of an account, which are all walked through: there may be ten thousand.
SELECT number, account, region, name, created_at, epoch, connected, instance, last_seen_at, conflict_until,
  hostname, address, local_address, version, stopped_at, upgrading, deleted_at,
  (SELECT fingerprint FROM gateway_keys k WHERE k.gateway = gateways.number AND k.role = 'current') AS key_fingerprint
FROM gateways
WHERE number IN (SELECT value FROM json_each(:numbers)) AND account = :account AND deleted_at IS NULL
  AND (:region IS NULL OR region = :region)
ORDER BY number LIMIT :limit OFFSET :offset

-- name: gateway_briefs
SELECT number, name, last_seen_at, conflict_until, stopped_at, upgrading FROM gateways INDEXED BY gateways_account
WHERE account = :account AND number > :after AND deleted_at IS NULL AND (:region IS NULL OR region = :region)
ORDER BY number LIMIT :limit

-- name: count_gateways
SELECT count(*) AS total FROM gateways WHERE deleted_at IS NULL

-- name: count_gateways_of_account
SELECT count(*) AS total FROM gateways
WHERE account = :account AND deleted_at IS NULL
  AND (:region IS NULL OR region = :region)

-- name: count_chosen_gateways
SELECT count(*) AS total FROM gateways
WHERE number IN (SELECT value FROM json_each(:numbers)) AND account = :account AND deleted_at IS NULL
  AND (:region IS NULL OR region = :region)

-- name: presences
SELECT number, last_seen_at, conflict_until, stopped_at, upgrading FROM gateways WHERE deleted_at IS NULL

-- name: regions_of_account
SELECT DISTINCT region FROM gateways WHERE account = :account AND deleted_at IS NULL ORDER BY region LIMIT :limit

-- name: proving_keys
-- The current one first.
SELECT public_key FROM gateway_keys WHERE gateway = :gateway AND role IN ('current', 'next') ORDER BY role

-- name: key_role
SELECT role FROM gateway_keys WHERE gateway = :gateway AND fingerprint = :fingerprint AND role IN ('current', 'next')

-- name: retire_keys
UPDATE gateway_keys SET role = 'former' WHERE gateway = :gateway AND role = :role

-- name: promote_key
UPDATE gateway_keys SET role = 'current' WHERE gateway = :gateway AND fingerprint = :fingerprint

-- name: upsert_key
-- The key in use stays what it is.
INSERT INTO gateway_keys (gateway, fingerprint, public_key, role, added_at)
VALUES (:gateway, :fingerprint, :public_key, :role, :now)
ON CONFLICT (gateway, fingerprint) DO UPDATE SET role = excluded.role WHERE role <> 'current'

-- name: open_session
UPDATE gateways SET epoch = epoch + 1, connected = 1, instance = :instance, conflict_until = NULL, stopped_at = NULL,
  last_seen_at = max(coalesce(last_seen_at, 0), :now), hostname = :hostname, address = :address,
  local_address = :local_address, version = :version
WHERE number = :gateway
RETURNING epoch

-- name: insert_replacement
INSERT INTO gateway_replacements (gateway, at) VALUES (:gateway, :now)

-- name: forget_replacements
DELETE FROM gateway_replacements WHERE gateway = :gateway AND at <= :before

-- name: count_replacements
SELECT count(*) AS total FROM gateway_replacements WHERE gateway = :gateway

-- name: start_conflict
-- The session that is open ends with it: its epoch is not the newest any more.
UPDATE gateways SET epoch = epoch + 1, connected = 0, conflict_until = :until WHERE number = :gateway

-- name: sessions_over
-- Nothing of most of them: only what differs comes back.
SELECT g.number, g.epoch, g.deleted_at IS NOT NULL AS deleted
FROM json_each(:rows) i
JOIN gateways g ON g.number = json_extract(i.value, '$.gateway')
WHERE g.epoch > json_extract(i.value, '$.epoch') OR g.deleted_at IS NOT NULL

-- name: close_session
-- :stopped_at is NULL where it did not say that it stops.
UPDATE gateways SET connected = 0, stopped_at = :stopped_at, upgrading = :upgrading
WHERE number = :gateway AND epoch = :epoch AND connected = 1

-- name: limit_claims
-- The session is gone: its claims end by :until unless they end before.
UPDATE attempts SET claim_deadline = min(coalesce(claim_deadline, :until), :until)
WHERE gateway = :gateway AND state = 'open'

-- name: heartbeat
UPDATE gateways SET last_seen_at = :at WHERE number = :gateway AND coalesce(last_seen_at, 0) < :at

-- name: enrollments_of_account
-- Newest first, from behind (:at, :id); :id is a beginning of a hash, so the hash itself is behind it.
SELECT substr(token_hash, 1, 20) AS id, region, name, created_at, created_by, expires_at, gateway FROM enrollments
WHERE account = :account AND created_at <= :at AND (created_at, token_hash) < (:at, :id)
ORDER BY created_at DESC, token_hash DESC LIMIT :limit

-- name: enrollment_by_id
-- A range of the primary key: 'g' comes after every hex digit.
SELECT token_hash, substr(token_hash, 1, 20) AS id, region, name, created_at, created_by, expires_at, gateway
FROM enrollments
WHERE token_hash >= :id AND token_hash < :id || 'g' AND account = :account
LIMIT 1

-- name: delete_enrollment
DELETE FROM enrollments WHERE token_hash = :token_hash AND gateway IS NULL

-- name: update_gateway
UPDATE gateways SET name = coalesce(:name, name), region = coalesce(:region, region) WHERE number = :gateway

-- name: delete_gateway
-- The epoch goes up, so that a session that is open claims nothing any more.
UPDATE gateways SET deleted_at = :now, deleted_by = :by, ending = 1, epoch = epoch + 1, connected = 0
WHERE number = :gateway

-- name: ending_gateways
SELECT number, deleted_at, deleted_by FROM gateways INDEXED BY gateways_ending WHERE ending = 1 ORDER BY number LIMIT :limit

-- name: open_tasks_of_gateway
-- An open task can be claimed or has an open attempt; both are found in short indexes, however many have ended.
SELECT number FROM (
  SELECT number FROM (
    SELECT number FROM tasks INDEXED BY tasks_claimable WHERE gateway = :gateway AND claimable = 1 LIMIT :limit
  )
  UNION
  SELECT task FROM (
    SELECT task FROM attempts INDEXED BY attempts_open WHERE gateway = :gateway AND state = 'open' LIMIT :limit
  )
) ORDER BY number LIMIT :limit

-- name: end_deletion
UPDATE gateways SET ending = 0 WHERE number = :gateway
