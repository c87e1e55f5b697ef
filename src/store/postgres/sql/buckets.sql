-- name: lease_tokens
-- In the order of the names, so that two nodes never wait for each other. By the database's clock where :now is NULL.
-- Nothing comes back for time that was counted already; a clock that was set back by far counts anew from there.
INSERT INTO throttle_buckets AS b (name, per_second, burst, tokens, counted_at, leased)
SELECT i.name, i.per_second, i.burst, i.burst - i.want,
  coalesce(:now::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), i.want
FROM jsonb_to_recordset((:wishes::text)::jsonb)
  AS i (name text, per_second double precision, burst double precision, want double precision)
ORDER BY i.name COLLATE "C"
ON CONFLICT (name) DO UPDATE SET (per_second, burst, tokens, counted_at, leased) = (
  SELECT excluded.per_second, excluded.burst, had.tokens - taken.tokens,
    CASE WHEN b.counted_at > excluded.counted_at + 30000 THEN excluded.counted_at
      ELSE greatest(b.counted_at, excluded.counted_at) END,
    taken.tokens
  FROM (
    SELECT least(
      excluded.burst,
      b.tokens + greatest(excluded.counted_at - b.counted_at, 0) * excluded.per_second / 1000
    ) AS tokens
  ) had,
  -- Adding up parts of a token must not make a whole one less; what this gives too early is owed.
  LATERAL (SELECT least(excluded.leased, greatest(floor(had.tokens + 1e-6), 0)) AS tokens) taken
)
RETURNING name, leased::integer AS leased,
  CASE WHEN tokens >= 1 - 1e-6 THEN 0 ELSE least(greatest(ceil((1 - tokens) * 1000 / per_second), 1), 1e12) END::bigint AS wait_ms

-- name: purge_buckets
-- A full one is the same as none. A transaction of its own: whoever leases from one of them waits for the commit.
DELETE FROM throttle_buckets WHERE name IN (
  SELECT name FROM throttle_buckets
  WHERE tokens + (:now::bigint - counted_at) * per_second / 1000 >= burst
  LIMIT :limit::integer FOR UPDATE SKIP LOCKED
)
