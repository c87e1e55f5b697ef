-- name: insert_account
INSERT INTO accounts (id, name, created_at) VALUES (:id, :name, :now) ON CONFLICT (id) DO NOTHING

-- name: accounts
SELECT id, name FROM accounts ORDER BY id LIMIT 10000

-- name: insert_access_key
INSERT INTO access_keys (id, account, principal, sealed_secret, created_at)
VALUES (:id, :account, :principal, :sealed_secret, :now)

-- name: access_key
SELECT id, account, principal, sealed_secret, active FROM access_keys WHERE id = :id

-- name: any_access_key
SELECT id, account, principal, sealed_secret, active FROM access_keys LIMIT 1

-- name: burn_nonce
-- Changes no row where it was used.
INSERT INTO nonces (key, value, expires_at) VALUES (:key, :value, :expires_at) ON CONFLICT (key, value) DO NOTHING

-- name: nonce
SELECT 1 FROM nonces WHERE key = :key AND value = :value
