-- name: accounts_lock
-- Accounts are counted and made one at a time, whichever node makes them.
SELECT pg_advisory_xact_lock(7025920415) AS locked

-- name: insert_account
INSERT INTO accounts (id, name, created_at) VALUES (:id, :name, :now) ON CONFLICT (id) DO NOTHING

-- name: accounts
SELECT id, name, created_at FROM accounts ORDER BY id LIMIT 10000

-- name: lock_account
-- What is counted, looked for and written in an account afterwards is not touched by another node.
SELECT id FROM accounts WHERE id = :account FOR NO KEY UPDATE

-- name: count_accounts
SELECT count(*) AS total FROM accounts

-- name: insert_access_key
INSERT INTO access_keys (id, account, principal, sealed_secret, created_at)
VALUES (:id, :account, :principal, :sealed_secret, :now)

-- name: access_keys
SELECT * FROM find_access_keys((:rows::text)::jsonb)

-- name: active_keys
SELECT id FROM access_keys WHERE account = :account AND principal = :principal AND active ORDER BY created_at, id

-- name: deactivate_keys
UPDATE access_keys SET active = false WHERE account = :account AND principal = :principal AND active

-- name: delete_old_keys
DELETE FROM access_keys WHERE id IN (
  SELECT id FROM access_keys WHERE account = :account AND principal = :principal AND NOT active
  ORDER BY created_at DESC, id OFFSET :keep::integer
)

-- name: any_access_key
SELECT id, account, principal, sealed_secret, active::integer AS active FROM access_keys LIMIT 1

-- name: burn_nonce
-- Changes no row where it was used.
INSERT INTO nonces (key, value, expires_at) VALUES (:key, :value, :expires_at) ON CONFLICT (key, value) DO NOTHING

-- name: burn_nonces
-- In the order of the key, so that two nodes never wait for each other.
INSERT INTO nonces (key, value, expires_at)
SELECT DISTINCT ON (i.key, i.value) i.key, i.value, i.expires_at
FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (key text, value text, expires_at bigint)
ORDER BY i.key, i.value
ON CONFLICT (key, value) DO NOTHING

-- name: return_nonces
-- Of what was refused after all.
DELETE FROM nonces n USING jsonb_to_recordset((:rows::text)::jsonb) AS i (key text, value text)
WHERE n.key = i.key AND n.value = i.value

-- name: nonces
SELECT ord FROM find_nonces((:rows::text)::jsonb)

-- name: nonce
SELECT 1 AS there FROM nonces WHERE key = :key AND value = :value

-- name: insert_temporary_key
INSERT INTO temporary_keys
  (id, parent_key, account, principal, session, sealed_secret, token_hash, policy, created_at, expires_at)
VALUES
  (:id, :parent_key, :account, :principal, :session, :sealed_secret, :token_hash, :policy, :now, :expires_at)

-- name: temporary_keys
SELECT * FROM find_temporary_keys((:rows::text)::jsonb)

-- name: active_key
SELECT 1 AS there FROM access_keys WHERE id = :id AND account = :account AND principal = :principal AND active

-- name: count_temporary_keys
SELECT count(*) AS total FROM temporary_keys
WHERE account = :account AND principal = :principal AND expires_at > :now::bigint
