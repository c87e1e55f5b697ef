-- Drops a partition and says so; false where somebody else makes or drops one, where it is gone, and where somebody
-- reads or writes for longer. Whoever asks for a table waits behind a drop that waits, so it waits for a moment only.
-- Older servers go on with drop_task_partition.
CREATE FUNCTION drop_ended_partition(first bigint) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '100ms' AS $$
BEGIN
  -- The lock of servers that make or drop partitions.
  IF NOT pg_try_advisory_xact_lock(7025920414) OR to_regclass('tasks_p' || first) IS NULL THEN
    RETURN false;
  END IF;
  PERFORM drop_task_partition(first);
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END $$;
