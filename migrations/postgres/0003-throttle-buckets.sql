-- How often an AccessKey and an account have called, on all nodes together. Unlogged: a commit waits for no disk and no
-- standby, and after a crash or on a promoted standby the buckets are full again. A row for each that is not full; only
-- keys and accounts that are there have one. No index but the key, so that each update stays in its page.
CREATE UNLOGGED TABLE throttle_buckets (
  name text COLLATE "C" PRIMARY KEY,
  -- As of the last lease: how many come back each second, and how many a full bucket has.
  per_second double precision NOT NULL CHECK (per_second > 0),
  burst double precision NOT NULL CHECK (burst >= 1),
  -- How many were in it after the last lease, and when that was.
  tokens double precision NOT NULL,
  counted_at bigint NOT NULL,
  -- What the last lease took: a statement returns only what is in the row.
  leased double precision NOT NULL
) WITH (fillfactor = 50);
