-- name: lock_sessions
-- Those that are the newest of their gateway and open; nothing opens or closes one until the end of the transaction.
SELECT g.number, g.epoch FROM gateways g
JOIN jsonb_to_recordset((:rows::text)::jsonb) AS i (gateway bigint, epoch bigint)
  ON i.gateway = g.number AND i.epoch = g.epoch
WHERE g.connected
ORDER BY g.number FOR NO KEY UPDATE OF g

-- name: lock_tasks
SELECT number FROM tasks WHERE number = ANY ((:numbers::text)::bigint[]) ORDER BY number FOR NO KEY UPDATE

-- name: lock_claims
-- All that a claim names is in the condition: a foreign attempt looks like one that never was.
SELECT i.ord, a.task, a.number
FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (ord integer, gateway bigint, epoch bigint, attempt text)
JOIN attempts a ON a.id = i.attempt AND a.gateway = i.gateway AND a.epoch = i.epoch AND a.task >= :floor::bigint
JOIN tasks t ON t.number = a.task AND t.number >= :floor::bigint
ORDER BY t.number FOR NO KEY UPDATE OF t

-- name: open_attempts_by_endpoint
SELECT gateway, endpoint, count(*) AS total FROM attempts
WHERE gateway = ANY ((:gateways::text)::bigint[]) AND state = 'open' AND task >= :floor::bigint
GROUP BY gateway, endpoint

-- name: oldest_claimable
SELECT g.gateway, t.number, t.endpoint
FROM unnest((:gateways::text)::bigint[]) AS g (gateway)
CROSS JOIN LATERAL (
  SELECT number, endpoint FROM tasks
  WHERE tasks.gateway = g.gateway AND claimable AND number >= :floor::bigint
    AND coalesce(execution_deadline, delivery_deadline) > :now::bigint
  ORDER BY number LIMIT :limit::integer
) t
ORDER BY t.number

-- name: claimable_of_endpoints
-- Jumps from endpoint to endpoint in the index: ten thousand tasks of one endpoint cost as much as one.
-- :open is an object of the endpoints with open attempts, and how many. Of each with room the oldest that fit in it.
WITH RECURSIVE endpoints (endpoint) AS (
  SELECT (
    SELECT min(endpoint) FROM tasks WHERE gateway = :gateway::bigint AND claimable AND number >= :floor::bigint
  )
  UNION ALL
  SELECT (
    SELECT min(t.endpoint) FROM tasks t
    WHERE t.gateway = :gateway::bigint AND t.claimable AND t.number >= :floor::bigint AND t.endpoint > e.endpoint
  )
  FROM endpoints e WHERE e.endpoint IS NOT NULL
), rooms AS (
  SELECT endpoint, :each::integer - coalesce(((:open::text)::jsonb ->> endpoint)::integer, 0) AS room
  FROM endpoints WHERE endpoint IS NOT NULL
), heads AS (
  SELECT r.endpoint, least(r.room, :limit::integer) AS room, (
    SELECT min(number) FROM tasks
    WHERE gateway = :gateway::bigint AND claimable AND number >= :floor::bigint AND endpoint = r.endpoint
  ) AS oldest
  FROM rooms r WHERE r.room > 0 ORDER BY oldest LIMIT :limit::integer
)
SELECT t.number FROM heads h
CROSS JOIN LATERAL (
  SELECT number FROM tasks
  WHERE gateway = :gateway::bigint AND claimable AND number >= :floor::bigint AND endpoint = h.endpoint
    AND coalesce(execution_deadline, delivery_deadline) > :now::bigint
  ORDER BY number LIMIT h.room
) t
ORDER BY t.number LIMIT :limit::integer

-- name: lock_claimable
-- What another transaction works on at this moment is passed over.
SELECT number FROM tasks
WHERE number = ANY ((:numbers::text)::bigint[]) AND claimable
  AND coalesce(execution_deadline, delivery_deadline) > :now::bigint
ORDER BY number FOR NO KEY UPDATE SKIP LOCKED

-- name: claim_tasks
WITH input AS (
  SELECT * FROM jsonb_to_recordset((:rows::text)::jsonb)
    AS i (task bigint, id text, gateway bigint, epoch bigint, nonce text)
), claimed AS (
  UPDATE tasks t SET claimable = false, attempts = t.attempts + 1, step = NULL
  FROM input i WHERE t.number = i.task AND t.number >= :floor::bigint
  RETURNING t.number, t.account, t.engine, t.host, t.port, t.endpoint, t.attempts, t.execution_deadline, t.execution_ms
), superseded AS (
  UPDATE attempts a SET state = 'over' FROM input i
  WHERE a.task = i.task AND a.task >= :floor::bigint AND a.state <> 'over'
), made AS (
  INSERT INTO attempts (task, number, id, gateway, endpoint, epoch, nonce, claimed_at)
  SELECT c.number, c.attempts, i.id, i.gateway, c.endpoint, i.epoch, i.nonce, :now::bigint
  FROM claimed c JOIN input i ON i.task = c.number
)
SELECT * FROM claimed ORDER BY number

-- name: accept_attempts
-- The first accept only: a later attempt moves no deadline.
WITH live AS MATERIALIZED (
  SELECT i.ord, i.task
  FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (ord integer, task bigint, number integer)
  JOIN attempts a ON a.task = i.task AND a.number = i.number AND a.task >= :floor::bigint
  WHERE a.state = 'open'
), accepted AS (
  UPDATE tasks t SET state = 'Running', accepted_at = :now::bigint, execution_deadline = :now::bigint + t.execution_ms
  FROM live l
  WHERE t.number = l.task AND t.number >= :floor::bigint AND t.accepted_at IS NULL AND t.ended_at IS NULL
)
SELECT ord FROM live

-- name: set_steps
-- Best effort: what another transaction works on keeps its step.
WITH live AS (
  SELECT a.task, i.step FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (attempt text, step text)
  JOIN attempts a ON a.id = i.attempt AND a.state <> 'over' AND a.task >= :floor::bigint
), locked AS (
  SELECT t.number FROM tasks t
  WHERE t.number IN (SELECT task FROM live) AND t.number >= :floor::bigint AND t.ended_at IS NULL
  ORDER BY t.number FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE tasks t SET step = l.step FROM live l JOIN locked k ON k.number = l.task
WHERE t.number = l.task AND t.number >= :floor::bigint

-- name: open_attempts_of_older_sessions
SELECT task, number, id FROM attempts
WHERE gateway = :gateway::bigint AND state = 'open' AND epoch < :epoch::bigint AND task >= :floor::bigint

-- name: live_attempts_of_gateway
SELECT task, number, id FROM attempts
WHERE id IN (SELECT jsonb_array_elements_text((:attempts::text)::jsonb)) AND state <> 'over'
  AND gateway = :gateway::bigint AND task >= :floor::bigint

-- name: reopen_attempts
UPDATE attempts a SET state = 'open', claim_deadline = NULL
FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (task bigint, number integer)
WHERE a.task = i.task AND a.number = i.number AND a.task >= :floor::bigint AND a.state <> 'over'

-- name: withdraw_tasks
UPDATE tasks SET claimable = false WHERE number = ANY ((:numbers::text)::bigint[]) AND claimable

-- name: lapse_attempts
UPDATE attempts a SET state = 'lapsed', claim_deadline = NULL
FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (task bigint, number integer)
WHERE a.task = i.task AND a.number = i.number AND a.task >= :floor::bigint AND a.state = 'open'
RETURNING a.task, a.number

-- name: release_tasks
UPDATE tasks SET claimable = true WHERE number = ANY ((:numbers::text)::bigint[]) AND ended_at IS NULL

-- name: end_tasks
-- Terminal is final: nothing ends a task twice. Its attempts are over too, so that their places are free.
WITH ended AS (
  UPDATE tasks t SET state = i.state, claimable = false, ended_at = :now::bigint, failure_code = i.code,
    failure_message = i.message, cancelled_by = i.cancelled_by
  FROM jsonb_to_recordset((:rows::text)::jsonb)
    AS i (task bigint, state text, code text, message text, cancelled_by text)
  WHERE t.number = i.task AND t.number >= :floor::bigint AND t.ended_at IS NULL
  RETURNING t.number
), over AS (
  UPDATE attempts a SET state = 'over' FROM ended e
  WHERE a.task = e.number AND a.task >= :floor::bigint AND a.state <> 'over'
)
SELECT number FROM ended

-- name: finish_tasks
-- One outcome per task. said: this attempt gave this very outcome before. What is neither is recorded as late.
-- What has an outcome was accepted, also where it ended before that was stored.
WITH input AS (
  SELECT i.*, a.state AS attempt_state, EXISTS (
      SELECT 1 FROM outcomes o WHERE o.task = i.task AND o.attempt = i.attempt AND o.digest = i.digest
    ) AS said
  FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (ord integer, task bigint, number integer, attempt text,
    state text, code text, message text, outcome_text text, digest text, signature text, key text,
    count bigint, bytes bigint)
  JOIN attempts a ON a.task = i.task AND a.number = i.number
), ended AS (
  UPDATE tasks t SET state = i.state, claimable = false, ended_at = :now::bigint, failure_code = i.code,
    failure_message = i.message, accepted_at = coalesce(t.accepted_at, :now::bigint),
    execution_deadline = coalesce(t.execution_deadline, :now::bigint + t.execution_ms)
  FROM input i
  WHERE t.number = i.task AND t.ended_at IS NULL AND i.attempt_state <> 'over'
  RETURNING t.number
), over AS (
  UPDATE attempts a SET state = 'over' FROM ended e WHERE a.task = e.number AND a.state <> 'over'
), stored AS (
  INSERT INTO outcomes (task, attempt, received_at, outcome_text, digest, signature, key_fingerprint)
  SELECT i.task, i.attempt, :now::bigint, i.outcome_text, i.digest, i.signature, i.key
  FROM input i JOIN ended e ON e.number = i.task WHERE i.attempt_state <> 'over'
), late AS (
  UPDATE attempts a SET late_at = :now::bigint, late_digest = i.digest, late_count = i.count, late_bytes = i.bytes
  FROM input i
  WHERE a.task = i.task AND a.number = i.number AND a.late_at IS NULL AND NOT i.said
    AND NOT (i.attempt_state <> 'over' AND EXISTS (SELECT 1 FROM ended e WHERE e.number = i.task))
)
SELECT i.ord, i.said, (e.number IS NOT NULL AND i.attempt_state <> 'over') AS ended
FROM input i LEFT JOIN ended e ON e.number = i.task

-- name: insert_results
INSERT INTO results (task, part, data)
SELECT i.task, i.part, decode(i.data, 'base64')
FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (task bigint, part integer, data text)

-- name: expired_execution
SELECT number, step FROM tasks
WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND execution_deadline <= :now::bigint AND number >= :floor::bigint
ORDER BY execution_deadline LIMIT :limit::integer FOR NO KEY UPDATE SKIP LOCKED

-- name: expired_delivery
SELECT t.number, t.attempts, g.connected, g.last_seen_at
FROM tasks t LEFT JOIN gateways g ON g.number = t.gateway
WHERE t.accepted_at IS NULL AND t.ended_at IS NULL AND t.delivery_deadline <= :now::bigint
  AND t.number >= :floor::bigint
ORDER BY t.delivery_deadline LIMIT :limit::integer FOR NO KEY UPDATE OF t SKIP LOCKED

-- name: expired_claims
SELECT a.task, a.number FROM attempts a JOIN tasks t ON t.number = a.task
WHERE a.state = 'open' AND a.claim_deadline <= :now::bigint AND a.task >= :floor::bigint AND t.number >= :floor::bigint
ORDER BY a.claim_deadline LIMIT :limit::integer FOR NO KEY UPDATE OF t SKIP LOCKED

-- name: last_seen_of_tasks
SELECT t.number, g.last_seen_at FROM tasks t JOIN gateways g ON g.number = t.gateway
WHERE t.number = ANY ((:numbers::text)::bigint[])
