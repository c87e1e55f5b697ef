-- name: insert_account
INSERT INTO accounts (id, name, created_at) VALUES (:id, :name, :now) ON CONFLICT (id) DO NOTHING

-- name: accounts
SELECT id, name, created_at FROM accounts ORDER BY id LIMIT 10000

-- name: account
SELECT 1 FROM accounts WHERE id = :id

-- name: count_accounts
SELECT count(*) AS total FROM accounts

-- name: insert_access_key
INSERT INTO access_keys (id, account, principal, sealed_secret, created_at)
VALUES (:id, :account, :principal, :sealed_secret, :now)

-- name: access_key
SELECT id, account, principal, sealed_secret, active FROM access_keys WHERE id = :id

-- name: active_keys
SELECT id FROM access_keys WHERE account = :account AND principal = :principal AND active = 1 ORDER BY created_at, id

-- name: deactivate_keys
UPDATE access_keys SET active = 0 WHERE account = :account AND principal = :principal AND active = 1

-- name: delete_old_keys
DELETE FROM access_keys WHERE id IN (
  SELECT id FROM access_keys WHERE account = :account AND principal = :principal AND active = 0
  ORDER BY created_at DESC, id LIMIT -1 OFFSET :keep
)

-- name: any_access_key
SELECT id, account, principal, sealed_secret, active FROM access_keys LIMIT 1

-- name: burn_nonce
-- Changes no row where it was used.
INSERT INTO nonces (key, value, expires_at) VALUES (:key, :value, :expires_at) ON CONFLICT (key, value) DO NOTHING

-- name: nonce
SELECT 1 FROM nonces WHERE key = :key AND value = :value

-- name: nonce_horizon
SELECT coalesce(max(expires_at), 0) AS horizon FROM nonces
