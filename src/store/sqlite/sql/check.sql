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
SELECT task, outcome_text, digest FROM outcomes WHERE task > :after ORDER BY task LIMIT :limit
