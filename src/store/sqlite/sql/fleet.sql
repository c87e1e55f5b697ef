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
  hostname, address, version
FROM gateways WHERE number = :number

-- name: gateway_of_account
SELECT number, account, region, name, created_at, epoch, connected, instance, last_seen_at, conflict_until,
  hostname, address, version
FROM gateways WHERE number = :number AND account = :account

-- name: gateways_of_account
-- A filter that is NULL lets everything through; :numbers is a JSON array.
SELECT number, account, region, name, created_at, epoch, connected, instance, last_seen_at, conflict_until,
  hostname, address, version
FROM gateways
WHERE account = :account
  AND (:region IS NULL OR region = :region)
  AND (:numbers IS NULL OR number IN (SELECT value FROM json_each(:numbers)))
ORDER BY number LIMIT :limit OFFSET :offset

-- name: count_gateways_of_account
SELECT count(*) AS total FROM gateways
WHERE account = :account
  AND (:region IS NULL OR region = :region)
  AND (:numbers IS NULL OR number IN (SELECT value FROM json_each(:numbers)))

-- name: regions_of_account
SELECT DISTINCT region FROM gateways WHERE account = :account ORDER BY region LIMIT :limit

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
UPDATE gateways SET epoch = epoch + 1, connected = 1, instance = :instance, conflict_until = NULL,
  last_seen_at = max(coalesce(last_seen_at, 0), :now), hostname = :hostname, address = :address, version = :version
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

-- name: close_session
UPDATE gateways SET connected = 0 WHERE number = :gateway AND epoch = :epoch AND connected = 1

-- name: limit_claims
-- The session is gone: its claims end by :until unless they end before.
UPDATE attempts SET claim_deadline = min(coalesce(claim_deadline, :until), :until)
WHERE gateway = :gateway AND state = 'open'

-- name: heartbeat
UPDATE gateways SET last_seen_at = :at WHERE number = :gateway AND coalesce(last_seen_at, 0) < :at
