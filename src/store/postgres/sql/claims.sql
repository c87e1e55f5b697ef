-- name: lock_sessions
-- Those that are the newest of their gateway and open; nothing opens or closes one until the end of the transaction.
SELECT g.number, g.epoch FROM gateways g
JOIN jsonb_to_recordset((:rows::text)::jsonb) AS i (gateway bigint, epoch bigint)
  ON i.gateway = g.number AND i.epoch = g.epoch
WHERE g.connected
ORDER BY g.number FOR NO KEY UPDATE OF g

-- name: lock_tasks
SELECT number FROM tasks WHERE number = ANY ((:numbers::text)::bigint[]) ORDER BY number FOR NO KEY UPDATE

-- name: claim_tasks
SELECT * FROM claim_waiting_tasks((:rows::text)::jsonb, :floor::bigint, :now::bigint, :seed::bytea)

-- name: accept_attempts
SELECT ord FROM accept_attempts((:rows::text)::jsonb, :floor::bigint, :now::bigint)

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
-- Where :expired is given, only those whose time was over by then: one may have been given back to its gateway meanwhile.
UPDATE attempts a SET state = 'lapsed', claim_deadline = NULL
FROM jsonb_to_recordset((:rows::text)::jsonb) AS i (task bigint, number integer)
WHERE a.task = i.task AND a.number = i.number AND a.task >= :floor::bigint AND a.state = 'open'
  AND (:expired::bigint IS NULL OR a.claim_deadline <= :expired::bigint)
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
SELECT * FROM finish_tasks((:rows::text)::jsonb, :floor::bigint, :now::bigint)

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
