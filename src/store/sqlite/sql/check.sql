-- name: integrity_check
PRAGMA integrity_check(100)

-- name: quick_check
PRAGMA quick_check(100)

-- name: foreign_key_check
PRAGMA foreign_key_check

-- name: schema_objects
-- What SQLite made by itself is not of the migrations.
SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type, name

-- name: keys_after
SELECT id, sealed_secret FROM access_keys WHERE id > :after ORDER BY id LIMIT :limit

-- name: outcomes_after
SELECT o.*, (SELECT unchecked_tasks FROM meta) AS unchecked_tasks FROM outcomes o
WHERE o.task > :after ORDER BY o.task LIMIT :limit

-- name: tasks_after
SELECT t.*, (SELECT unchecked_tasks FROM meta) AS unchecked_tasks FROM tasks t
WHERE t.number > :after ORDER BY t.number LIMIT :limit

-- name: newest_tasks
SELECT number FROM tasks ORDER BY number DESC LIMIT :limit
