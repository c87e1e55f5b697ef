-- name: create_tasks
SELECT ord, task, verdict FROM create_tasks((:rows::text)::jsonb, :floor::bigint, :most::integer, :now::bigint)
ORDER BY ord

-- name: tasks
-- With the text of the outcome of those that have succeeded.
SELECT t.*, o.outcome_text FROM tasks t LEFT JOIN outcomes o ON o.task = t.number AND t.state = 'Succeeded'
WHERE t.number = ANY ((:numbers::text)::bigint[]) ORDER BY t.number

-- name: task_of_account
SELECT t.*, o.outcome_text
FROM tasks t LEFT JOIN outcomes o ON o.task = :task::bigint AND t.state = 'Succeeded'
WHERE t.number = :task::bigint AND t.account = :account
  AND (t.ended_at IS NULL OR t.ended_at > (SELECT purged_before FROM meta))

-- name: tasks_of_accounts
-- As the one before, for many.
SELECT * FROM find_tasks((:rows::text)::jsonb)

-- name: short_results
SELECT * FROM find_results((:rows::text)::jsonb)

-- name: open_attempt_of_task
SELECT id FROM attempts WHERE task = :task::bigint AND state = 'open'

-- name: attempts_of_task
SELECT number, id, epoch, claimed_at, state, late_at, late_count, late_bytes FROM attempts
WHERE task = :task::bigint ORDER BY number

-- name: outcome_of_task
SELECT attempt, received_at, outcome_text, digest, verified::integer AS verified FROM outcomes WHERE task = :task::bigint

-- name: result_parts
SELECT data FROM results WHERE task = :task::bigint ORDER BY part

-- name: result_parts_from
SELECT data FROM results WHERE task = :task::bigint AND part >= :from::integer ORDER BY part LIMIT :limit::integer

-- name: evidence_of_task
SELECT o.task, o.attempt, o.outcome_text, o.digest, o.signature, t.gateway, t.engine, t.host, t.port, a.nonce,
  k.public_key, (SELECT count(*) FROM results r WHERE r.task = :task::bigint) AS part_count
FROM outcomes o
JOIN tasks t ON t.number = :task::bigint
JOIN attempts a ON a.task = :task::bigint AND a.id = o.attempt
LEFT JOIN gateway_keys k ON k.gateway = t.gateway AND k.fingerprint = o.key_fingerprint
WHERE o.task = :task::bigint AND t.account = :account
  AND (t.ended_at IS NULL OR t.ended_at > (SELECT purged_before FROM meta))

-- name: unverified_outcomes
-- Each server checks those of the gateways that it has or nobody has, and what came until :left_over all the same.
SELECT o.task, o.attempt, o.digest, o.signature, o.gateway, o.engine, o.host, o.port, a.nonce, k.public_key
FROM (
  SELECT o.*, t.gateway, t.engine, t.host, t.port
  FROM outcomes o
  CROSS JOIN LATERAL (SELECT gateway, engine, host, port, ended_at FROM tasks WHERE number = o.task OFFSET 0) t
  LEFT JOIN gateways g ON g.number = t.gateway
  WHERE o.verified IS NULL AND t.ended_at > (SELECT purged_before FROM meta)
    AND (coalesce(g.node, :node) = :node OR o.received_at <= :left_over::bigint)
  ORDER BY o.received_at, o.task LIMIT :limit::integer
) o
CROSS JOIN LATERAL (SELECT nonce, id FROM attempts WHERE task = o.task OFFSET 0) a
LEFT JOIN gateway_keys k ON k.gateway = o.gateway AND k.fingerprint = o.key_fingerprint
WHERE a.id = o.attempt
ORDER BY o.received_at, o.task

-- name: set_verified
UPDATE outcomes o SET verified = i.ok
FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (attempt text, ok boolean)
WHERE o.attempt = i.attempt AND o.verified IS NULL

-- name: list_bound_of_account
-- The oldest of the tasks that one look goes through, read from the index alone.
SELECT created_at, number FROM tasks
WHERE account = :account AND created_at >= :after::bigint AND (created_at, number) < (:at::bigint, :number::bigint)
ORDER BY created_at DESC, number DESC LIMIT 1 OFFSET :offset::integer

-- name: list_bound_of_gateway
SELECT created_at, number FROM tasks
WHERE gateway = :gateway::bigint AND created_at >= :after::bigint
  AND (created_at, number) < (:at::bigint, :number::bigint)
ORDER BY created_at DESC, number DESC LIMIT 1 OFFSET :offset::integer

-- name: list_of_account
-- Down to (:after, :last). The last millisecond apart: an index is not left within tasks that were made at the same time.
SELECT * FROM (
  (SELECT * FROM tasks
    WHERE account = :account AND created_at > :after::bigint AND (created_at, number) < (:at::bigint, :number::bigint)
      AND (:states::text IS NULL OR state IN (SELECT jsonb_array_elements_text((:states::text)::jsonb)))
      AND (:engine::text IS NULL OR engine = :engine::text)
      AND (ended_at IS NULL OR ended_at > (SELECT purged_before FROM meta))
    ORDER BY created_at DESC, number DESC LIMIT :limit::integer)
  UNION ALL
  (SELECT * FROM tasks
    WHERE account = :account AND created_at = :after::bigint AND number >= :last::bigint
      AND (created_at, number) < (:at::bigint, :number::bigint)
      AND (:states::text IS NULL OR state IN (SELECT jsonb_array_elements_text((:states::text)::jsonb)))
      AND (:engine::text IS NULL OR engine = :engine::text)
      AND (ended_at IS NULL OR ended_at > (SELECT purged_before FROM meta))
    ORDER BY created_at DESC, number DESC LIMIT :limit::integer)
) t
ORDER BY created_at DESC, number DESC LIMIT :limit::integer

-- name: list_of_gateway
SELECT * FROM (
  (SELECT * FROM tasks
    WHERE gateway = :gateway::bigint AND account = :account AND created_at > :after::bigint AND (created_at, number) < (:at::bigint, :number::bigint)
      AND (:states::text IS NULL OR state IN (SELECT jsonb_array_elements_text((:states::text)::jsonb)))
      AND (:engine::text IS NULL OR engine = :engine::text)
      AND (ended_at IS NULL OR ended_at > (SELECT purged_before FROM meta))
    ORDER BY created_at DESC, number DESC LIMIT :limit::integer)
  UNION ALL
  (SELECT * FROM tasks
    WHERE gateway = :gateway::bigint AND account = :account AND created_at = :after::bigint AND number >= :last::bigint
      AND (created_at, number) < (:at::bigint, :number::bigint)
      AND (:states::text IS NULL OR state IN (SELECT jsonb_array_elements_text((:states::text)::jsonb)))
      AND (:engine::text IS NULL OR engine = :engine::text)
      AND (ended_at IS NULL OR ended_at > (SELECT purged_before FROM meta))
    ORDER BY created_at DESC, number DESC LIMIT :limit::integer)
) t
ORDER BY created_at DESC, number DESC LIMIT :limit::integer

-- name: waiting_gateways
-- Jumps from gateway to gateway in the index, however many tasks each has.
WITH RECURSIVE waiting (gateway) AS (
  SELECT (SELECT min(gateway) FROM tasks WHERE claimable AND number >= :floor::bigint)
  UNION ALL
  SELECT (SELECT min(t.gateway) FROM tasks t WHERE t.claimable AND t.number >= :floor::bigint AND t.gateway > w.gateway)
  FROM waiting w WHERE w.gateway IS NOT NULL
)
SELECT gateway FROM waiting WHERE gateway IS NOT NULL LIMIT 10000

-- name: oldest_waiting
-- The first task of each gateway that has one.
WITH RECURSIVE waiting (gateway) AS (
  SELECT (SELECT min(gateway) FROM tasks WHERE claimable AND number >= :floor::bigint)
  UNION ALL
  SELECT (SELECT min(t.gateway) FROM tasks t WHERE t.claimable AND t.number >= :floor::bigint AND t.gateway > w.gateway)
  FROM waiting w WHERE w.gateway IS NOT NULL
), some AS (
  SELECT gateway FROM waiting WHERE gateway IS NOT NULL LIMIT 10000
)
SELECT min((
  SELECT t.created_at FROM tasks t
  WHERE t.claimable AND t.number >= :floor::bigint AND t.gateway = s.gateway ORDER BY t.number LIMIT 1
)) AS at
FROM some s

-- name: open_of_gateways
-- Two short indexes, and of each gateway no more of them than :most.
SELECT g.number AS gateway,
  (SELECT count(*) FROM (SELECT FROM tasks t
    WHERE t.claimable AND t.number >= :floor::bigint AND t.gateway = g.number LIMIT :most::integer) q) AS queued,
  (SELECT count(*) FROM (SELECT FROM attempts a
    WHERE a.state = 'open' AND a.task >= :floor::bigint AND a.gateway = g.number LIMIT :most::integer) r) AS running
FROM unnest((:numbers::text)::bigint[]) g (number)

-- name: open_of_account
SELECT
  (SELECT count(*) FROM (SELECT FROM tasks t WHERE t.claimable AND t.number >= :floor::bigint
    AND t.gateway IN (SELECT number FROM gateways WHERE account = :account) LIMIT :most::integer) q) AS queued,
  (SELECT count(*) FROM (SELECT FROM attempts a WHERE a.state = 'open' AND a.task >= :floor::bigint
    AND a.gateway IN (SELECT number FROM gateways WHERE account = :account) LIMIT :most::integer) r) AS running

-- name: allow_bitmaps
-- Until the end of the transaction: an index of ranges of pages is read in no other way.
SELECT set_config('enable_bitmapscan', 'on', true)

-- name: endings_of_account
-- Times are cut to three digits, so that there are not as many groups as tasks.
SELECT state, failure_code,
  CASE WHEN ms < 1000 THEN ms WHEN ms < 10000 THEN ms / 10 * 10 WHEN ms < 100000 THEN ms / 100 * 100
    WHEN ms < 1000000 THEN ms / 1000 * 1000 ELSE ms / 10000 * 10000 END AS ms,
  count(*) AS total
FROM (
  SELECT state, failure_code, greatest(0, ended_at - created_at) AS ms FROM tasks
  WHERE ended_at >= :from::bigint AND ended_at < :to::bigint AND account = :account
) e
GROUP BY 1, 2, 3

-- name: open_floor
-- Never above the numbers that are still to be given, whatever database this is now, nor above a task that is open: no
-- task is lost because somebody wrote down too much.
SELECT least(open_floor, (SELECT last_value FROM task_numbers), (SELECT min(number) FROM tasks WHERE ended_at IS NULL))
  AS open_floor
FROM meta WHERE one = 1

-- name: written_floor
SELECT open_floor FROM meta WHERE one = 1

-- name: raise_open_floor
UPDATE meta SET open_floor = :floor::bigint
WHERE one = 1 AND open_floor < :floor::bigint AND (SELECT last_value FROM task_numbers) >= :floor::bigint

-- name: lowest_open
SELECT (SELECT min(number) FROM tasks WHERE ended_at IS NULL AND number >= :floor::bigint) AS lowest,
  (SELECT last_value FROM task_numbers) AS newest
