-- Checksums of what makes the answer about a task, and when the store was restored from a backup.

-- Kept up by every statement that changes a column it covers; NULL in rows that are older than it.
ALTER TABLE tasks ADD COLUMN checksum INTEGER;
ALTER TABLE outcomes ADD COLUMN checksum INTEGER;

-- Tasks up to this number may have no checksum.
ALTER TABLE meta ADD COLUMN unchecked_tasks INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET unchecked_tasks = (SELECT coalesce(max(number), 0) FROM tasks);
-- Nonces burnt between the backup and this moment are unknown: what was signed before it is refused.
ALTER TABLE meta ADD COLUMN restored_at INTEGER;
