-- All tasks with a smaller number have ended. Servers raise it as they find it, so that one which starts need not look
-- through all partitions until it has found it anew; an older one finds its own.
ALTER TABLE meta ADD COLUMN open_floor bigint NOT NULL DEFAULT 0;
