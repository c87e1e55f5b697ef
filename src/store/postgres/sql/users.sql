-- name: insert_user
INSERT INTO users (id, account, name, display_name, mobile_phone, email, comments, created_at, updated_at)
VALUES (:id, :account, :name, :display_name, :mobile_phone, :email, :comments, :now, :now)

-- name: user_by_name
SELECT id, account, name, display_name, mobile_phone, email, comments, created_at, updated_at
FROM users WHERE account = :account AND name = :name

-- name: user_by_id
SELECT id, account, name, display_name, mobile_phone, email, comments, created_at, updated_at
FROM users WHERE id = :id AND account = :account

-- name: users_of_account
SELECT id, account, name, display_name, mobile_phone, email, comments, created_at, updated_at
FROM users WHERE account = :account AND name > :after ORDER BY name LIMIT :limit::integer

-- name: count_users
SELECT count(*) AS total FROM users WHERE account = :account

-- name: update_user
UPDATE users SET name = :name, display_name = :display_name, mobile_phone = :mobile_phone, email = :email,
  comments = :comments, updated_at = :now
WHERE id = :id AND account = :account

-- name: delete_user
DELETE FROM users WHERE id = :id AND account = :account

-- name: keys_of_principal
SELECT id, active::integer AS active, created_at FROM access_keys
WHERE account = :account AND principal = :principal ORDER BY created_at, id LIMIT :limit::integer

-- name: count_keys
SELECT count(*) AS total FROM access_keys WHERE account = :account AND principal = :principal

-- name: set_key_active
UPDATE access_keys SET active = :active::boolean WHERE id = :id AND account = :account AND principal = :principal

-- name: delete_key
DELETE FROM access_keys WHERE id = :id AND account = :account AND principal = :principal
