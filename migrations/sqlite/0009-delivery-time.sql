-- How long a task was to wait for its gateway, whatever its deadline was moved to since. NULL in rows that are older than it.

ALTER TABLE tasks ADD COLUMN delivery_ms INTEGER;
