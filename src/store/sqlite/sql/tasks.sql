-- name: client_token
SELECT k.parameters, k.task FROM client_tokens k JOIN tasks t ON t.number = k.task
WHERE k.account = :account AND k.action = :action AND k.value = :value AND k.expires_at > :now

-- name: keep_client_token
-- Only an expired one can be in the way.
INSERT INTO client_tokens (account, action, value, parameters, task, expires_at)
VALUES (:account, :action, :value, :parameters, :task, :expires_at)
ON CONFLICT (account, action, value) DO UPDATE
SET parameters = excluded.parameters, task = excluded.task, expires_at = excluded.expires_at

-- name: queue_is_full
SELECT 1 FROM tasks INDEXED BY tasks_claimable WHERE gateway = :gateway AND claimable = 1 LIMIT 1 OFFSET :most

-- name: insert_task
-- Its number as AUTOINCREMENT would give it: the checksum is made with it.
INSERT INTO tasks (number, account, gateway, region, engine, host, port, created_at, created_by, request,
  delivery_ms, delivery_deadline, execution_ms, checksum)
SELECT number, :account, :gateway, :region, :engine, :host, :port, :now, :created_by, :request,
  :delivery_ms, :delivery_deadline, :execution_ms, row_checksum(number, 'account', :account, 'gateway', :gateway, 'region', :region,
    'engine', :engine, 'host', :host, 'port', :port, 'state', 'Queued', 'attempts', 0, 'created_at', :now,
    'created_by', :created_by, 'request', :request, 'delivery_deadline', :delivery_deadline,
    'execution_ms', :execution_ms, 'accepted_at', NULL, 'execution_deadline', NULL, 'step', NULL, 'ended_at', NULL,
    'failure_code', NULL, 'failure_message', NULL, 'cancelled_by', NULL)
FROM (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'tasks'), 0) + 1 AS number)

-- name: task
SELECT t.*, (SELECT unchecked_tasks FROM meta) AS unchecked_tasks FROM tasks t WHERE t.number = :task

-- name: task_of_account
SELECT t.*, (SELECT unchecked_tasks FROM meta) AS unchecked_tasks FROM tasks t WHERE t.number = :task AND t.account = :account

-- name: result_parts
SELECT data FROM results WHERE task = :task ORDER BY part

-- name: waiting_gateways
-- Jumps from gateway to gateway in the index, however many tasks each has.
WITH RECURSIVE waiting (gateway) AS (
  SELECT (SELECT min(gateway) FROM tasks INDEXED BY tasks_claimable WHERE claimable = 1)
  UNION ALL
  SELECT (SELECT min(gateway) FROM tasks INDEXED BY tasks_claimable WHERE claimable = 1 AND gateway > waiting.gateway)
  FROM waiting WHERE waiting.gateway IS NOT NULL
)
SELECT gateway FROM waiting WHERE gateway IS NOT NULL LIMIT 10000

-- name: oldest_waiting
-- The first task of each gateway that has one.
WITH RECURSIVE waiting (gateway) AS (
  SELECT (SELECT min(gateway) FROM tasks INDEXED BY tasks_claimable WHERE claimable = 1)
  UNION ALL
  SELECT (SELECT min(gateway) FROM tasks INDEXED BY tasks_claimable WHERE claimable = 1 AND gateway > waiting.gateway)
  FROM waiting WHERE waiting.gateway IS NOT NULL LIMIT 10000
)
SELECT min((SELECT created_at FROM tasks INDEXED BY tasks_claimable
  WHERE claimable = 1 AND tasks.gateway = waiting.gateway ORDER BY number LIMIT 1)) AS at
FROM waiting WHERE gateway IS NOT NULL

-- name: open_of_gateways
-- Two short indexes, and of each gateway no more of them than :most.
SELECT g.value AS gateway,
  (SELECT count(*) FROM (SELECT 1 FROM tasks INDEXED BY tasks_claimable
    WHERE claimable = 1 AND tasks.gateway = g.value LIMIT :most)) AS queued,
  (SELECT count(*) FROM (SELECT 1 FROM attempts INDEXED BY attempts_open
    WHERE attempts.state = 'open' AND attempts.gateway = g.value LIMIT :most)) AS running
FROM json_each(:numbers) g

-- name: open_of_account
SELECT
  (SELECT count(*) FROM (SELECT 1 FROM gateways g INDEXED BY gateways_account
    CROSS JOIN tasks t INDEXED BY tasks_claimable ON t.claimable = 1 AND t.gateway = g.number
    WHERE g.account = :account LIMIT :most)) AS queued,
  (SELECT count(*) FROM (SELECT 1 FROM gateways g INDEXED BY gateways_account
    CROSS JOIN attempts a INDEXED BY attempts_open ON a.state = 'open' AND a.gateway = g.number
    WHERE g.account = :account LIMIT :most)) AS running

-- name: endings_bound
-- Where a slice ends, read from the index alone.
SELECT ended_at FROM tasks INDEXED BY tasks_ended WHERE ended_at >= :from AND ended_at < :to
ORDER BY ended_at LIMIT 1 OFFSET :rows

-- name: endings_of_account
-- Times are cut to three digits, so that there are not as many groups as tasks.
SELECT state, failure_code,
  CASE WHEN ms < 1000 THEN ms WHEN ms < 10000 THEN ms / 10 * 10 WHEN ms < 100000 THEN ms / 100 * 100
    WHEN ms < 1000000 THEN ms / 1000 * 1000 ELSE ms / 10000 * 10000 END AS ms,
  count(*) AS total
FROM (
  SELECT state, failure_code, max(0, ended_at - created_at) AS ms FROM tasks INDEXED BY tasks_ended
  WHERE ended_at >= :from AND ended_at < :to AND account = :account
)
GROUP BY 1, 2, 3

-- name: live_session
SELECT 1 FROM gateways WHERE number = :gateway AND epoch = :epoch AND connected = 1

-- name: open_attempts_by_endpoint
SELECT t.endpoint, count(*) AS total FROM attempts a INDEXED BY attempts_open JOIN tasks t ON t.number = a.task
WHERE a.gateway = :gateway AND a.state = 'open'
GROUP BY t.endpoint

-- name: oldest_claimable
SELECT number, endpoint FROM tasks INDEXED BY tasks_claimable
WHERE gateway = :gateway AND claimable = 1 AND coalesce(execution_deadline, delivery_deadline) > :now
ORDER BY number LIMIT :limit

-- name: claimable_endpoints
-- Jumps from endpoint to endpoint in the index: ten thousand tasks of one endpoint cost as much as one.
-- :full is a JSON array of the endpoints at their limit. Those whose oldest task is oldest come first.
WITH RECURSIVE endpoints (endpoint) AS (
  SELECT (SELECT min(endpoint) FROM tasks INDEXED BY tasks_claimable_endpoint WHERE gateway = :gateway AND claimable = 1)
  UNION ALL
  SELECT (
    SELECT min(endpoint) FROM tasks INDEXED BY tasks_claimable_endpoint
    WHERE gateway = :gateway AND claimable = 1 AND endpoint > endpoints.endpoint
  )
  FROM endpoints WHERE endpoints.endpoint IS NOT NULL
)
SELECT endpoint, (
  SELECT min(number) FROM tasks INDEXED BY tasks_claimable_endpoint
  WHERE gateway = :gateway AND claimable = 1 AND endpoint = endpoints.endpoint
) AS oldest
FROM endpoints
WHERE endpoint IS NOT NULL AND endpoint NOT IN (SELECT value FROM json_each(:full))
ORDER BY oldest LIMIT :limit

-- name: claimable_of_endpoint
SELECT number FROM tasks INDEXED BY tasks_claimable_endpoint
WHERE gateway = :gateway AND claimable = 1 AND endpoint = :endpoint
  AND coalesce(execution_deadline, delivery_deadline) > :now
ORDER BY number LIMIT :limit

-- name: claim_task
UPDATE tasks SET claimable = 0, attempts = attempts + 1, step = NULL,
  checksum = checksum + checksum_change(number, 'attempts', attempts, attempts + 1, 'step', step, NULL)
WHERE number = :task AND claimable = 1

-- name: supersede_attempts
UPDATE attempts SET state = 'over' WHERE task = :task AND state <> 'over'

-- name: insert_attempt
INSERT INTO attempts (task, number, id, gateway, epoch, nonce, claimed_at)
VALUES (:task, :number, :id, :gateway, :epoch, :nonce, :now)

-- name: attempt_of_claim
-- All that a claim names is in the condition: a foreign attempt looks like one that never was.
SELECT a.task, a.number, a.state, a.late_at FROM attempts a
WHERE a.gateway = :gateway AND a.epoch = :epoch AND a.id = :attempt

-- name: accept_task
-- The first one only: a later attempt moves no deadline.
UPDATE tasks SET state = 'Running', accepted_at = :now, execution_deadline = :now + execution_ms,
  checksum = checksum + checksum_change(number, 'state', state, 'Running', 'accepted_at', accepted_at, :now,
    'execution_deadline', execution_deadline, :now + execution_ms)
WHERE number = :task AND accepted_at IS NULL AND ended_at IS NULL

-- name: set_step
UPDATE tasks SET step = :step, checksum = checksum + checksum_change(number, 'step', step, :step) WHERE ended_at IS NULL AND number = (
  SELECT task FROM attempts INDEXED BY attempts_live WHERE id = :attempt AND state <> 'over'
)

-- name: open_attempts_of_older_sessions
SELECT task, number, id FROM attempts INDEXED BY attempts_open
WHERE gateway = :gateway AND state = 'open' AND epoch < :epoch

-- name: live_attempt_of_gateway
SELECT task, number FROM attempts INDEXED BY attempts_live
WHERE id = :attempt AND state <> 'over' AND gateway = :gateway

-- name: reopen_attempt
UPDATE attempts SET state = 'open', claim_deadline = NULL WHERE task = :task AND number = :number AND state <> 'over'

-- name: withdraw_task
UPDATE tasks SET claimable = 0 WHERE number = :task

-- name: lapse_attempt
UPDATE attempts SET state = 'lapsed', claim_deadline = NULL WHERE task = :task AND number = :number AND state = 'open'

-- name: release_task
UPDATE tasks SET claimable = 1 WHERE number = :task AND ended_at IS NULL

-- name: end_task
-- Terminal is final: nothing ends a task twice.
UPDATE tasks SET state = :state, claimable = 0, ended_at = :now, failure_code = :code, failure_message = :message,
  cancelled_by = :cancelled_by, accepted_at = coalesce(accepted_at, :accepted_at),
  execution_deadline = coalesce(execution_deadline, :accepted_at + execution_ms),
  checksum = checksum + checksum_change(number, 'state', state, :state, 'ended_at', ended_at, :now,
    'accepted_at', accepted_at, coalesce(accepted_at, :accepted_at),
    'execution_deadline', execution_deadline, coalesce(execution_deadline, :accepted_at + execution_ms),
    'failure_code', failure_code, :code, 'failure_message', failure_message, :message,
    'cancelled_by', cancelled_by, :cancelled_by)
WHERE number = :task AND ended_at IS NULL

-- name: open_attempt_of_task
SELECT id FROM attempts WHERE task = :task AND state = 'open'

-- name: outcome_of_attempt
SELECT 1 FROM outcomes WHERE task = :task AND attempt = :attempt AND digest = :digest

-- name: insert_outcome
INSERT INTO outcomes (task, attempt, received_at, outcome_text, digest, signature, key_fingerprint, checksum)
VALUES (:task, :attempt, :now, :outcome_text, :digest, :signature, :key_fingerprint,
  row_checksum(:task, 'attempt', :attempt, 'received_at', :now, 'outcome_text', :outcome_text, 'digest', :digest,
    'signature', :signature, 'key_fingerprint', :key_fingerprint, 'verified', NULL))

-- name: insert_result
INSERT INTO results (task, part, data) VALUES (:task, :part, :data)

-- name: record_late
UPDATE attempts SET late_at = :now, late_digest = :digest, late_count = :count, late_bytes = :bytes
WHERE task = :task AND number = :number AND late_at IS NULL

-- name: expired_execution
SELECT number, step FROM tasks INDEXED BY tasks_execution
WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND execution_deadline <= :now
ORDER BY execution_deadline LIMIT :limit

-- name: expired_delivery
SELECT t.number, t.attempts, g.connected, g.last_seen_at
FROM tasks t INDEXED BY tasks_delivery JOIN gateways g ON g.number = t.gateway
WHERE t.accepted_at IS NULL AND t.ended_at IS NULL AND t.delivery_deadline <= :now
ORDER BY t.delivery_deadline LIMIT :limit

-- name: expired_claims
SELECT task, number FROM attempts INDEXED BY attempts_deadline
WHERE state = 'open' AND claim_deadline IS NOT NULL AND claim_deadline <= :now
ORDER BY claim_deadline LIMIT :limit

-- name: last_seen_of_task
SELECT g.last_seen_at FROM tasks t JOIN gateways g ON g.number = t.gateway WHERE t.number = :task

-- name: unverified_outcomes
SELECT o.task, o.attempt, o.digest, o.signature, t.gateway, t.engine, t.host, t.port, a.nonce, k.public_key
FROM outcomes o INDEXED BY outcomes_unverified
JOIN tasks t ON t.number = o.task
JOIN attempts a ON a.task = o.task AND a.id = o.attempt
LEFT JOIN gateway_keys k ON k.gateway = t.gateway AND k.fingerprint = o.key_fingerprint
WHERE o.verified IS NULL
ORDER BY o.received_at LIMIT :limit

-- name: evidence_of_task
SELECT o.task, o.attempt, o.outcome_text, o.digest, o.signature, t.gateway, t.engine, t.host, t.port, a.nonce, k.public_key,
  (SELECT count(*) FROM results r WHERE r.task = o.task) AS part_count
FROM outcomes o
JOIN tasks t ON t.number = o.task
JOIN attempts a ON a.task = o.task AND a.id = o.attempt
LEFT JOIN gateway_keys k ON k.gateway = t.gateway AND k.fingerprint = o.key_fingerprint
WHERE o.task = :task AND t.account = :account

-- name: result_parts_from
SELECT data FROM results WHERE task = :task AND part >= :from ORDER BY part LIMIT :limit

-- name: set_verified
UPDATE outcomes SET verified = :ok, checksum = checksum + checksum_change(task, 'verified', verified, :ok)
WHERE attempt = :attempt AND verified IS NULL

-- name: outcome_of_task
SELECT o.*, (SELECT unchecked_tasks FROM meta) AS unchecked_tasks FROM outcomes o WHERE o.task = :task

-- name: attempts_of_task
SELECT number, id, epoch, claimed_at, state, late_at, late_count, late_bytes FROM attempts
WHERE task = :task ORDER BY number

-- name: list_bound_of_account
-- The oldest of the tasks that one look goes through, read from the index alone.
SELECT created_at, number FROM tasks INDEXED BY tasks_listed
WHERE account = :account AND created_at >= :after AND created_at <= :at AND (created_at, number) < (:at, :number)
ORDER BY created_at DESC, number DESC LIMIT 1 OFFSET :offset

-- name: list_bound_of_gateway
SELECT created_at, number FROM tasks INDEXED BY tasks_listed_gateway
WHERE gateway = :gateway AND created_at >= :after AND created_at <= :at AND (created_at, number) < (:at, :number)
ORDER BY created_at DESC, number DESC LIMIT 1 OFFSET :offset

-- name: list_of_account
SELECT t.number, t.created_at FROM tasks t INDEXED BY tasks_listed
WHERE t.account = :account AND t.created_at >= :after AND t.created_at <= :at
  AND (t.created_at, t.number) < (:at, :number) AND (t.created_at, t.number) >= (:after, :last)
  AND (:states IS NULL OR t.state IN (SELECT value FROM json_each(:states)))
  AND (:engine IS NULL OR t.engine = :engine)
ORDER BY t.created_at DESC, t.number DESC LIMIT :limit

-- name: list_of_gateway
SELECT t.number, t.created_at FROM tasks t INDEXED BY tasks_listed_gateway
WHERE t.gateway = :gateway AND t.account = :account AND t.created_at >= :after AND t.created_at <= :at
  AND (t.created_at, t.number) < (:at, :number) AND (t.created_at, t.number) >= (:after, :last)
  AND (:states IS NULL OR t.state IN (SELECT value FROM json_each(:states)))
  AND (:engine IS NULL OR t.engine = :engine)
ORDER BY t.created_at DESC, t.number DESC LIMIT :limit
