-- name: create_tasks
-- Each input ends in a verdict. :most tasks may wait for a gateway; nodes that create at the same moment may add a batch
-- each. raced: a token that another node made at this moment; nothing but the nonce was written.
WITH input AS (
  SELECT * FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (ord integer, account text, gateway bigint, engine text,
    host text, port integer, delivery_ms bigint, execution_ms bigint, created_by text, request text, action text,
    token text, parameters text, token_expires_at bigint, nonce_key text, nonce text, nonce_expires_at bigint)
), queues AS MATERIALIZED (
  SELECT g.gateway, (
    SELECT count(*) FROM (
      SELECT 1 FROM tasks t
      WHERE t.gateway = g.gateway AND t.claimable AND t.number >= :floor::bigint ORDER BY t.number LIMIT :most::integer
    ) q
  ) AS waiting
  FROM (SELECT DISTINCT gateway FROM input) g
), looked_up AS MATERIALIZED (
  SELECT i.*, g.region, k.task AS known, CASE
      WHEN n.key IS NOT NULL THEN 'nonce used'
      WHEN k.task IS NOT NULL AND k.parameters <> i.parameters THEN 'token taken'
      WHEN k.task IS NOT NULL THEN 'same token'
      WHEN g.number IS NULL THEN 'no gateway'
      ELSE 'new'
    END AS looks
  FROM input i
  LEFT JOIN nonces n ON n.key = i.nonce_key AND n.value = i.nonce
  LEFT JOIN client_tokens k
    ON k.account = i.account AND k.action = i.action AND k.value = i.token AND k.expires_at > :now::bigint
  LEFT JOIN gateways g ON g.number = i.gateway AND g.account = i.account AND g.deleted_at IS NULL
), judged AS MATERIALIZED (
  -- What is new waits behind what waits already, and behind the new of its gateway before it.
  SELECT l.*, CASE
      WHEN l.looks = 'new'
        AND q.waiting + row_number() OVER (PARTITION BY l.gateway, l.looks ORDER BY l.ord) > :most::integer
      THEN 'queue full'
      ELSE l.looks
    END AS verdict
  FROM looked_up l JOIN queues q ON q.gateway = l.gateway
), burnt AS (
  INSERT INTO nonces (key, value, expires_at)
  SELECT nonce_key, nonce, nonce_expires_at FROM judged
  WHERE verdict IN ('same token', 'new') AND nonce IS NOT NULL
  ON CONFLICT (key, value) DO NOTHING
  RETURNING key, value
), allowed AS MATERIALIZED (
  SELECT j.* FROM judged j
  WHERE j.verdict IN ('same token', 'new')
    AND (j.nonce IS NULL OR EXISTS (SELECT 1 FROM burnt b WHERE b.key = j.nonce_key AND b.value = j.nonce))
), kept AS (
  -- Only an expired one can be in the way, or one that was made this very moment.
  INSERT INTO client_tokens (account, action, value, parameters, task, expires_at)
  SELECT a.account, a.action, a.token, a.parameters, nextval('task_numbers'), a.token_expires_at
  FROM (SELECT * FROM allowed WHERE verdict = 'new' AND token IS NOT NULL ORDER BY ord) a
  ON CONFLICT (account, action, value) DO UPDATE
  SET parameters = excluded.parameters, task = excluded.task, expires_at = excluded.expires_at
  WHERE client_tokens.expires_at <= :now::bigint
  RETURNING account, action, value, task
), numbered AS MATERIALIZED (
  SELECT a.ord, coalesce(a.task, nextval('task_numbers')) AS number
  FROM (
    SELECT a.ord, k.task FROM allowed a
    LEFT JOIN kept k ON k.account = a.account AND k.action = a.action AND k.value = a.token
    WHERE a.verdict = 'new' AND (a.token IS NULL OR k.task IS NOT NULL)
    ORDER BY a.ord
  ) a
), made AS (
  INSERT INTO tasks (number, account, gateway, region, engine, host, port, created_at, created_by, request,
    delivery_ms, delivery_deadline, execution_ms)
  SELECT n.number, a.account, a.gateway, a.region, a.engine, a.host, a.port, :now::bigint, a.created_by, a.request,
    a.delivery_ms, :now::bigint + a.delivery_ms, a.execution_ms
  FROM numbered n JOIN allowed a ON a.ord = n.ord
)
SELECT j.ord, coalesce(n.number, j.known) AS task, CASE
    WHEN j.verdict NOT IN ('same token', 'new') THEN j.verdict
    WHEN a.ord IS NULL THEN 'nonce used'
    WHEN j.verdict = 'new' AND n.number IS NULL THEN 'raced'
    ELSE j.verdict
  END AS verdict
FROM judged j LEFT JOIN allowed a ON a.ord = j.ord LEFT JOIN numbered n ON n.ord = j.ord
ORDER BY j.ord

-- name: tasks
-- With the text of the outcome of those that have succeeded.
SELECT t.*, o.outcome_text FROM tasks t LEFT JOIN outcomes o ON o.task = t.number AND t.state = 'Succeeded'
WHERE t.number = ANY ((:numbers::text)::bigint[]) ORDER BY t.number

-- name: task_of_account
SELECT t.*, o.outcome_text
FROM tasks t LEFT JOIN outcomes o ON o.task = :task::bigint AND t.state = 'Succeeded'
WHERE t.number = :task::bigint AND t.account = :account
  AND (t.ended_at IS NULL OR t.ended_at > (SELECT purged_before FROM meta))

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
SELECT o.task, o.attempt, o.digest, o.signature, t.gateway, t.engine, t.host, t.port, a.nonce, k.public_key
FROM (SELECT * FROM outcomes WHERE verified IS NULL ORDER BY received_at, task LIMIT :limit::integer) o
JOIN tasks t ON t.number = o.task
JOIN attempts a ON a.task = o.task AND a.id = o.attempt
LEFT JOIN gateway_keys k ON k.gateway = t.gateway AND k.fingerprint = o.key_fingerprint
WHERE t.ended_at > (SELECT purged_before FROM meta)
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
SELECT * FROM tasks
WHERE account = :account
  AND (created_at, number) < (:at::bigint, :number::bigint) AND (created_at, number) >= (:after::bigint, :last::bigint)
  AND (:states::text IS NULL OR state IN (SELECT jsonb_array_elements_text((:states::text)::jsonb)))
  AND (:engine::text IS NULL OR engine = :engine::text)
  AND (ended_at IS NULL OR ended_at > (SELECT purged_before FROM meta))
ORDER BY created_at DESC, number DESC LIMIT :limit::integer

-- name: list_of_gateway
SELECT * FROM tasks
WHERE gateway = :gateway::bigint AND account = :account
  AND (created_at, number) < (:at::bigint, :number::bigint) AND (created_at, number) >= (:after::bigint, :last::bigint)
  AND (:states::text IS NULL OR state IN (SELECT jsonb_array_elements_text((:states::text)::jsonb)))
  AND (:engine::text IS NULL OR engine = :engine::text)
  AND (ended_at IS NULL OR ended_at > (SELECT purged_before FROM meta))
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

-- name: lowest_open
SELECT (SELECT min(number) FROM tasks WHERE ended_at IS NULL AND number >= :floor::bigint) AS lowest,
  (SELECT last_value FROM task_numbers) AS newest
