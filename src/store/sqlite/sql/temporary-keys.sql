-- name: insert_temporary_key
INSERT INTO temporary_keys
  (id, parent_key, account, principal, session, sealed_secret, token_hash, policy, created_at, expires_at)
VALUES
  (:id, :parent_key, :account, :principal, :session, :sealed_secret, :token_hash, :policy, :now, :expires_at)

-- name: temporary_key
-- Account and principal of the parent count, so that none outlives or outgrows it.
SELECT t.id, t.parent_key, k.account, k.principal, k.active, t.session, t.sealed_secret, t.token_hash, t.policy,
  t.expires_at
FROM temporary_keys t JOIN access_keys k
  ON k.id = t.parent_key AND k.account = t.account AND k.principal = t.principal
WHERE t.id = :id

-- name: active_key
SELECT 1 FROM access_keys WHERE id = :id AND account = :account AND principal = :principal AND active = 1

-- name: count_temporary_keys
SELECT count(*) AS total FROM temporary_keys
WHERE account = :account AND principal = :principal AND expires_at > :now
