-- What servers do for every task, as functions: each connection plans them once, where a statement is planned each time
-- it comes, which took longer than to carry it out. Nothing has to be kept on a connection for that, so poolers may lend
-- them by the transaction. A function is never changed while older servers may call it: another one gets another name.
--
-- The settings make one plan for all values. It must be right whatever the statistics say, for a table that was empty
-- when its plan was made is full a minute later. So rows are looked up one by one by their key (LATERAL), what else is
-- asked of them is asked outside (OFFSET 0, a lock), where it leads to no other index, what is changed is named by its
-- whole key and nothing else, and a row that is looked at costs a thousand times what it does, so that none is for nothing.

-- Each input ends in a verdict. `most` tasks may wait for a gateway; servers that create at the same moment may add a
-- batch each. raced: a token that another server made at this moment; nothing but the nonce was written.
-- `first_open`: all tasks with a smaller number have ended. `at_ms`: the time where it is not the database's, as in tests.
CREATE FUNCTION create_tasks(input jsonb, first_open bigint, most integer, at_ms bigint)
RETURNS TABLE (ord integer, task bigint, verdict text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  moment bigint := coalesce(at_ms, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
BEGIN
  RETURN QUERY
  WITH wanted AS MATERIALIZED (
    SELECT i.* FROM jsonb_to_recordset(input) AS i (ord integer, account text, gateway bigint, engine text, host text,
      port integer, delivery_ms bigint, execution_ms bigint, created_by text, request text, action text, token text,
      parameters text, token_expires_at bigint, nonce_key text, nonce text, nonce_expires_at bigint)
  ), queues AS MATERIALIZED (
    SELECT g.gateway, (
      SELECT count(*) FROM (
        SELECT 1 FROM tasks t
        WHERE t.gateway = g.gateway AND t.claimable AND t.number >= first_open ORDER BY t.number LIMIT most
      ) q
    ) AS waiting
    FROM (SELECT DISTINCT gateway FROM wanted) g
  ), looked_up AS MATERIALIZED (
    SELECT i.*, g.region, k.task AS known, CASE
        WHEN n.key IS NOT NULL THEN 'nonce used'
        WHEN k.task IS NOT NULL AND k.parameters <> i.parameters THEN 'token taken'
        WHEN k.task IS NOT NULL THEN 'same token'
        WHEN g.number IS NULL THEN 'no gateway'
        ELSE 'new'
      END AS looks
    FROM wanted i
    LEFT JOIN LATERAL (SELECT key FROM nonces WHERE key = i.nonce_key AND value = i.nonce LIMIT 1) n ON true
    LEFT JOIN LATERAL (
      SELECT c.task, c.parameters FROM client_tokens c
      WHERE c.account = i.account AND c.action = i.action AND c.value = i.token AND c.expires_at > moment LIMIT 1
    ) k ON true
    LEFT JOIN LATERAL (
      SELECT number, region FROM gateways WHERE number = i.gateway AND account = i.account AND deleted_at IS NULL LIMIT 1
    ) g ON true
  ), judged AS MATERIALIZED (
    -- What is new waits behind what waits already, and behind the new of its gateway before it.
    SELECT l.*, CASE
        WHEN l.looks = 'new'
          AND q.waiting + row_number() OVER (PARTITION BY l.gateway, l.looks ORDER BY l.ord) > most
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
    WHERE client_tokens.expires_at <= moment
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
    SELECT n.number, a.account, a.gateway, a.region, a.engine, a.host, a.port, moment, a.created_by, a.request,
      a.delivery_ms, moment + a.delivery_ms, a.execution_ms
    FROM numbered n JOIN allowed a ON a.ord = n.ord
  )
  SELECT j.ord, coalesce(n.number, j.known), CASE
      WHEN j.verdict NOT IN ('same token', 'new') THEN j.verdict
      WHEN a.ord IS NULL THEN 'nonce used'
      WHEN j.verdict = 'new' AND n.number IS NULL THEN 'raced'
      ELSE j.verdict
    END
  FROM judged j LEFT JOIN allowed a ON a.ord = j.ord LEFT JOIN numbered n ON n.ord = j.ord;
END $$;

-- Tasks for each session that is open and the newest of its gateway, which stays so until the end of the transaction:
-- the oldest within its credit, `each` of an endpoint together with those that run; what another server works on is
-- passed over. Ids and nonces of attempts are digests of `seed`, 32 random bytes that are used once.
CREATE FUNCTION claim_tasks(input jsonb, first_open bigint, at_ms bigint, seed bytea)
RETURNS TABLE (gateway bigint, number bigint, attempt text, nonce text, attempts integer, account text, engine text,
  host text, port integer, left_ms bigint)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET cpu_tuple_cost = 1000
SET max_parallel_workers_per_gather = 0 SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  moment bigint := coalesce(at_ms, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  -- How many of the oldest are looked at before the search goes by endpoints.
  look_at CONSTANT integer := 256;
  asking record;
  seen bigint;
  chosen bigint[];
BEGIN
  FOR asking IN
    SELECT i.gateway, i.epoch, i.total, i.each
    FROM (
      SELECT * FROM jsonb_to_recordset(input) AS r (gateway bigint, epoch bigint, total integer, each integer)
      ORDER BY r.gateway
    ) i
    CROSS JOIN LATERAL (
      SELECT 1 FROM gateways g WHERE g.number = i.gateway AND g.epoch = i.epoch AND g.connected FOR NO KEY UPDATE
    ) g
  LOOP
    WITH open AS MATERIALIZED (
      SELECT a.endpoint, count(*) AS total FROM attempts a
      WHERE a.gateway = asking.gateway AND a.state = 'open' AND a.task >= first_open GROUP BY a.endpoint
    ), oldest AS MATERIALIZED (
      SELECT t.number, t.endpoint FROM tasks t
      WHERE t.gateway = asking.gateway AND t.claimable AND t.number >= first_open
        AND coalesce(t.execution_deadline, t.delivery_deadline) > moment
      ORDER BY t.number LIMIT look_at
    ), placed AS (
      SELECT number, endpoint, row_number() OVER (PARTITION BY endpoint ORDER BY number) AS place FROM oldest
    )
    SELECT (SELECT count(*) FROM oldest), ARRAY(
      SELECT p.number FROM placed p
      WHERE p.place + coalesce((SELECT o.total FROM open o WHERE o.endpoint = p.endpoint), 0) <= asking.each
      ORDER BY p.number LIMIT asking.total
    ) INTO seen, chosen;

    -- Where all that waits was looked at, what is left is at its limit.
    IF seen = look_at AND cardinality(chosen) < asking.total THEN
      -- Planned when it is needed: only then the statistics tell which index.
      -- Jumps from endpoint to endpoint in the index: ten thousand tasks of one endpoint cost as much as one.
      EXECUTE $query$
        WITH RECURSIVE endpoints (endpoint) AS (
          SELECT (SELECT min(endpoint) FROM tasks WHERE gateway = $1 AND claimable AND number >= $2)
          UNION ALL
          SELECT (
            SELECT min(t.endpoint) FROM tasks t
            WHERE t.gateway = $1 AND t.claimable AND t.number >= $2 AND t.endpoint > e.endpoint
          )
          FROM endpoints e WHERE e.endpoint IS NOT NULL
        ), open AS MATERIALIZED (
          SELECT endpoint, count(*) AS total FROM attempts
          WHERE gateway = $1 AND state = 'open' AND task >= $2 GROUP BY endpoint
        ), rooms AS (
          SELECT e.endpoint, $3 - coalesce((SELECT o.total FROM open o WHERE o.endpoint = e.endpoint), 0) AS room
          FROM endpoints e WHERE e.endpoint IS NOT NULL
        ), heads AS (
          SELECT r.endpoint, least(r.room, $4) AS room, (
            SELECT min(number) FROM tasks
            WHERE gateway = $1 AND claimable AND number >= $2 AND endpoint = r.endpoint
          ) AS oldest
          FROM rooms r WHERE r.room > 0 ORDER BY oldest LIMIT $4
        )
        SELECT ARRAY(
          SELECT n.number FROM heads h
          CROSS JOIN LATERAL (
            SELECT number FROM tasks
            WHERE gateway = $1 AND claimable AND number >= $2 AND endpoint = h.endpoint
              AND coalesce(execution_deadline, delivery_deadline) > $5
            ORDER BY number LIMIT h.room
          ) n
          ORDER BY n.number LIMIT $4
        )
      $query$ INTO chosen USING asking.gateway, first_open, asking.each, asking.total, moment;
    END IF;

    SELECT array_agg(l.number) FILTER (WHERE l.free) INTO chosen
    FROM unnest(chosen) AS c (number)
    CROSS JOIN LATERAL (
      SELECT t.number, t.claimable AND coalesce(t.execution_deadline, t.delivery_deadline) > moment AS free
      FROM tasks t WHERE t.number = c.number AND t.number >= first_open
      FOR NO KEY UPDATE SKIP LOCKED
    ) l;
    CONTINUE WHEN chosen IS NULL;

    RETURN QUERY
    WITH claimed AS (
      UPDATE tasks t SET claimable = false, attempts = t.attempts + 1, step = NULL
      FROM unnest(chosen) AS c (number)
      WHERE t.number = c.number AND t.number >= first_open
      RETURNING t.number, t.account, t.engine, t.host, t.port, t.endpoint, t.attempts,
        coalesce(t.execution_deadline - moment, t.execution_ms) AS left_ms,
        encode(sha256(seed || int8send(t.number)), 'hex') AS secret
    ), superseded AS (
      -- Those before it are over already.
      UPDATE attempts a SET state = 'over' FROM claimed c
      WHERE a.task = c.number AND a.number = c.attempts - 1 AND a.task >= first_open
    ), made AS (
      INSERT INTO attempts (task, number, id, gateway, endpoint, epoch, nonce, claimed_at)
      SELECT c.number, c.attempts, left(c.secret, 32), asking.gateway, c.endpoint, asking.epoch, right(c.secret, 32),
        moment
      FROM claimed c
    )
    SELECT asking.gateway, c.number, left(c.secret, 32), right(c.secret, 32), c.attempts, c.account, c.engine, c.host,
      c.port, c.left_ms
    FROM claimed c ORDER BY c.number;
  END LOOP;
END $$;

-- Those that run; the first accept of a task only moves its deadline.
CREATE FUNCTION accept_attempts(input jsonb, first_open bigint, at_ms bigint) RETURNS TABLE (ord integer)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET cpu_tuple_cost = 1000
SET max_parallel_workers_per_gather = 0 SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  moment bigint := coalesce(at_ms, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  ords integer[];
  named bigint[];
  numbers integer[];
BEGIN
  -- All that a claim names is in the condition: a foreign attempt looks like one that never was.
  SELECT array_agg(f.ord), array_agg(f.task), array_agg(f.number) INTO ords, named, numbers
  FROM (
    SELECT i.ord, a.task, a.number
    FROM jsonb_to_recordset(input) AS i (ord integer, gateway bigint, epoch bigint, attempt text)
    CROSS JOIN LATERAL (
      SELECT task, number, gateway, epoch FROM attempts WHERE id = i.attempt AND task >= first_open OFFSET 0
    ) a
    WHERE a.gateway = i.gateway AND a.epoch = i.epoch
    ORDER BY a.task
  ) f
  CROSS JOIN LATERAL (
    SELECT 1 FROM tasks t WHERE t.number = f.task AND t.number >= first_open FOR NO KEY UPDATE
  ) t;
  RETURN QUERY
  WITH live AS MATERIALIZED (
    SELECT f.ord, f.task, t.fresh FROM unnest(ords, named, numbers) AS f (ord, task, number)
    CROSS JOIN LATERAL (
      SELECT state FROM attempts WHERE task = f.task AND number = f.number AND task >= first_open OFFSET 0
    ) a
    CROSS JOIN LATERAL (
      SELECT accepted_at IS NULL AND ended_at IS NULL AS fresh FROM tasks
      WHERE number = f.task AND number >= first_open OFFSET 0
    ) t
    WHERE a.state = 'open'
  ), accepted AS (
    UPDATE tasks t SET state = 'Running', accepted_at = moment, execution_deadline = moment + t.execution_ms
    FROM live l WHERE l.fresh AND t.number = l.task AND t.number >= first_open
  )
  SELECT l.ord FROM live l;
END $$;

-- One outcome per task: ended, with the task as it is then. said: this attempt gave this very outcome before. late: it
-- is recorded and changes nothing. Nothing comes back of an attempt that is not found. `ord` is the place in the input.
-- `parts` are base64. What has an outcome was accepted, also where it ended before that was stored.
CREATE FUNCTION finish_tasks(input jsonb, first_open bigint, at_ms bigint)
RETURNS TABLE (ord integer, verdict text, number bigint, account text, gateway bigint, region text, engine text,
  host text, port integer, state text, created_at bigint, created_by text, request text, delivery_deadline bigint,
  execution_ms bigint, attempts integer, accepted_at bigint, execution_deadline bigint, step text, ended_at bigint,
  failure_code text, failure_message text, cancelled_by text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET cpu_tuple_cost = 1000
SET max_parallel_workers_per_gather = 0 SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  moment bigint := coalesce(at_ms, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  ords integer[];
  named bigint[];
  numbers integer[];
BEGIN
  SELECT array_agg(f.ord), array_agg(f.task), array_agg(f.number) INTO ords, named, numbers
  FROM (
    SELECT i.ord, a.task, a.number
    FROM jsonb_to_recordset(input) AS i (ord integer, gateway bigint, epoch bigint, attempt text)
    CROSS JOIN LATERAL (
      SELECT task, number, gateway, epoch FROM attempts WHERE id = i.attempt AND task >= first_open OFFSET 0
    ) a
    WHERE a.gateway = i.gateway AND a.epoch = i.epoch
    ORDER BY a.task
  ) f
  CROSS JOIN LATERAL (
    SELECT 1 FROM tasks t WHERE t.number = f.task AND t.number >= first_open FOR NO KEY UPDATE
  ) t;
  RETURN QUERY
  WITH judged AS MATERIALIZED (
    -- Nobody else changes these tasks now. At most one attempt of a task is not over.
    SELECT f.ord, f.task, f.number, i.*, t.ended_at IS NULL AND a.state <> 'over' AS ends, a.late_at,
      coalesce(o.attempt = i.attempt AND o.digest = i.digest, false) AS said
    FROM unnest(ords, named, numbers) AS f (ord, task, number)
    CROSS JOIN LATERAL jsonb_to_record(input -> f.ord) AS i (attempt text, state text, code text, message text,
      outcome_text text, digest text, signature text, key text, count bigint, bytes bigint, parts jsonb)
    CROSS JOIN LATERAL (
      SELECT state, late_at FROM attempts WHERE task = f.task AND number = f.number AND task >= first_open OFFSET 0
    ) a
    CROSS JOIN LATERAL (
      SELECT ended_at FROM tasks WHERE number = f.task AND number >= first_open OFFSET 0
    ) t
    LEFT JOIN LATERAL (
      SELECT attempt, digest FROM outcomes WHERE task = f.task AND task >= first_open OFFSET 0
    ) o ON true
  ), ended AS (
    UPDATE tasks t SET state = j.state, claimable = false, ended_at = moment, failure_code = j.code,
      failure_message = j.message, accepted_at = coalesce(t.accepted_at, moment),
      execution_deadline = coalesce(t.execution_deadline, moment + t.execution_ms)
    FROM judged j
    WHERE j.ends AND t.number = j.task AND t.number >= first_open
    RETURNING j.ord, t.*
  ), over AS (
    UPDATE attempts a SET state = 'over' FROM judged j
    WHERE j.ends AND a.task = j.task AND a.number = j.number AND a.task >= first_open
  ), stored AS (
    INSERT INTO outcomes (task, attempt, received_at, outcome_text, digest, signature, key_fingerprint)
    SELECT j.task, j.attempt, moment, j.outcome_text, j.digest, j.signature, j.key FROM judged j WHERE j.ends
  ), kept AS (
    INSERT INTO results (task, part, data)
    SELECT j.task, p.place - 1, decode(p.data, 'base64')
    FROM judged j CROSS JOIN LATERAL jsonb_array_elements_text(j.parts) WITH ORDINALITY AS p (data, place)
    WHERE j.ends
  ), late AS (
    UPDATE attempts a SET late_at = moment, late_digest = j.digest, late_count = j.count, late_bytes = j.bytes
    FROM judged j
    WHERE NOT j.ends AND NOT j.said AND j.late_at IS NULL
      AND a.task = j.task AND a.number = j.number AND a.task >= first_open
  )
  SELECT e.ord, 'ended', e.number, e.account, e.gateway, e.region, e.engine, e.host, e.port, e.state, e.created_at,
    e.created_by, e.request, e.delivery_deadline, e.execution_ms, e.attempts, e.accepted_at, e.execution_deadline,
    e.step, e.ended_at, e.failure_code, e.failure_message, e.cancelled_by
  FROM ended e
  UNION ALL
  SELECT j.ord, CASE WHEN j.said THEN 'said' ELSE 'late' END, j.task, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM judged j WHERE NOT j.ends;
END $$;

-- Tasks that their accounts may see, with the text of the outcome of those that have succeeded.
CREATE FUNCTION find_tasks(input jsonb)
RETURNS TABLE (ord integer, number bigint, account text, gateway bigint, region text, engine text, host text,
  port integer, state text, created_at bigint, created_by text, request text, delivery_deadline bigint,
  execution_ms bigint, attempts integer, accepted_at bigint, execution_deadline bigint, step text, ended_at bigint,
  failure_code text, failure_message text, cancelled_by text, outcome_text text)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET cpu_tuple_cost = 1000
SET max_parallel_workers_per_gather = 0 SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.ord, t.number, t.account, t.gateway, t.region, t.engine, t.host, t.port, t.state, t.created_at, t.created_by,
    t.request, t.delivery_deadline, t.execution_ms, t.attempts, t.accepted_at, t.execution_deadline, t.step, t.ended_at,
    t.failure_code, t.failure_message, t.cancelled_by, o.outcome_text
  FROM jsonb_to_recordset(input) AS i (ord integer, task bigint, account text)
  CROSS JOIN LATERAL (SELECT * FROM tasks WHERE number = i.task OFFSET 0) t
  LEFT JOIN LATERAL (SELECT o.outcome_text FROM outcomes o WHERE o.task = i.task OFFSET 0) o ON t.state = 'Succeeded'
  WHERE t.account = i.account
    AND (t.ended_at IS NULL OR t.ended_at > (SELECT purged_before FROM meta WHERE one = 1));
END $$;

-- The first part of each result, and what it was signed with; last_part is 0 where there is no other one.
CREATE FUNCTION find_results(input jsonb)
RETURNS TABLE (ord integer, outcome_text text, digest text, data bytea, last_part integer)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET cpu_tuple_cost = 1000
SET max_parallel_workers_per_gather = 0 SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.ord, o.outcome_text, o.digest, r.data, coalesce((
      SELECT max(p.part) FROM results p WHERE p.task = i.task AND t.state = 'Succeeded'
    ), 0)
  FROM jsonb_to_recordset(input) AS i (ord integer, task bigint, account text)
  CROSS JOIN LATERAL (SELECT account, state, ended_at FROM tasks WHERE number = i.task OFFSET 0) t
  LEFT JOIN LATERAL (
    SELECT o.outcome_text, o.digest FROM outcomes o WHERE o.task = i.task OFFSET 0
  ) o ON t.state = 'Succeeded'
  LEFT JOIN LATERAL (
    SELECT p.data FROM results p WHERE p.task = i.task AND p.part = 0 OFFSET 0
  ) r ON t.state = 'Succeeded'
  WHERE t.account = i.account
    AND (t.ended_at IS NULL OR t.ended_at > (SELECT purged_before FROM meta WHERE one = 1));
END $$;

CREATE FUNCTION find_access_keys(input jsonb)
RETURNS TABLE (ord integer, id text, account text, principal text, sealed_secret bytea, active integer)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.ord, k.id, k.account, k.principal, k.sealed_secret, k.active::integer
  FROM jsonb_to_recordset(input) AS i (ord integer, id text)
  CROSS JOIN LATERAL (SELECT * FROM access_keys WHERE id = i.id OFFSET 0) k;
END $$;

-- Those that were burnt.
CREATE FUNCTION find_nonces(input jsonb) RETURNS TABLE (ord integer)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.ord FROM jsonb_to_recordset(input) AS i (ord integer, key text, value text)
  CROSS JOIN LATERAL (SELECT 1 FROM nonces WHERE key = i.key AND value = i.value OFFSET 0) n;
END $$;

CREATE FUNCTION find_gateways(input jsonb)
RETURNS TABLE (ord integer, number bigint, account text, region text, name text, created_at bigint, epoch bigint,
  connected integer, instance text, last_seen_at bigint, conflict_until bigint, hostname text, address text,
  local_address text, version text, stopped_at bigint, upgrading integer, deleted_at bigint, key_fingerprint text)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.ord, g.number, g.account, g.region, g.name, g.created_at, g.epoch, g.connected::integer, g.instance,
    g.last_seen_at, g.conflict_until, g.hostname, g.address, g.local_address, g.version, g.stopped_at,
    g.upgrading::integer, g.deleted_at,
    (SELECT k.fingerprint FROM gateway_keys k WHERE k.gateway = g.number AND k.role = 'current')
  FROM jsonb_to_recordset(input) AS i (ord integer, number bigint, account text)
  CROSS JOIN LATERAL (SELECT * FROM gateways WHERE number = i.number OFFSET 0) g
  WHERE g.account = i.account AND g.deleted_at IS NULL;
END $$;
