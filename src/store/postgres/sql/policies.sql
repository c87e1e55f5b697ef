-- name: insert_policy
INSERT INTO policies (account, name, description, document, created_at, updated_at)
VALUES (:account, :name, :description, :document, :now, :now)

-- name: policy
SELECT name, description, document, created_at, updated_at,
  (SELECT count(*) FROM user_policies a WHERE a.account = p.account AND a.type = 'Custom' AND a.policy = p.name)
    AS attachments
FROM policies p WHERE account = :account AND name = :name

-- name: policies_of_account
SELECT name, description, document, created_at, updated_at,
  (SELECT count(*) FROM user_policies a WHERE a.account = p.account AND a.type = 'Custom' AND a.policy = p.name)
    AS attachments
FROM policies p WHERE account = :account AND name > :after ORDER BY name LIMIT :limit::integer

-- name: count_policies
SELECT count(*) AS total FROM policies WHERE account = :account

-- name: update_policy
UPDATE policies SET document = :document, description = :description, updated_at = :now
WHERE account = :account AND name = :name

-- name: delete_policy
DELETE FROM policies WHERE account = :account AND name = :name

-- name: count_attachments_of_policy
SELECT count(*) AS total FROM user_policies WHERE account = :account AND type = :type AND policy = :policy

-- name: count_attachments_of_user
SELECT count(*) AS total FROM user_policies WHERE user_id = :user

-- name: count_attachments_of_user_by_type
SELECT count(*) AS total FROM user_policies WHERE user_id = :user AND type = :type

-- name: attachment
SELECT 1 AS there FROM user_policies WHERE user_id = :user AND type = :type AND policy = :policy

-- name: insert_attachment
INSERT INTO user_policies (user_id, type, policy, account, attached_at) VALUES (:user, :type, :policy, :account, :now)

-- name: delete_attachment
DELETE FROM user_policies WHERE user_id = :user AND type = :type AND policy = :policy AND account = :account

-- name: attached_policies
-- A policy of the system has neither text nor description here.
SELECT a.policy AS name, a.type, a.attached_at, coalesce(p.description, '') AS description,
  coalesce(p.document, '') AS document
FROM user_policies a LEFT JOIN policies p ON a.type = 'Custom' AND p.account = a.account AND p.name = a.policy
WHERE a.user_id = :user AND a.account = :account ORDER BY a.type, a.policy LIMIT :limit::integer
