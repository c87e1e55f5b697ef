-- More of what servers do for every task (as in 0005: each under a name that no older server calls).

-- As claim_tasks, which older servers call, and says how long a task may still wait to be accepted; NULL where it was.
-- Tasks for each session that is open and the newest of its gateway, which stays so until the end of the transaction:
-- the oldest within its credit, `each` of an endpoint together with those that run; what another server works on is
-- passed over. Ids and nonces of attempts are digests of `seed`, 32 random bytes that are used once.
CREATE FUNCTION claim_waiting_tasks(input jsonb, first_open bigint, at_ms bigint, seed bytea)
RETURNS TABLE (gateway bigint, number bigint, attempt text, nonce text, attempts integer, account text, engine text,
  host text, port integer, left_ms bigint, delivery_left_ms bigint)
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
        CASE WHEN t.accepted_at IS NULL THEN t.delivery_deadline - moment END AS delivery_left_ms,
        encode(sha256(seed || int8send(t.number)), 'hex') AS secret
    ), superseded AS (
      -- Those before it are over already.
      UPDATE attempts a SET state = 'over' FROM claimed c
      WHERE c.attempts > 1 AND a.task = c.number AND a.number = c.attempts - 1 AND a.task >= first_open
    ), made AS (
      INSERT INTO attempts (task, number, id, gateway, endpoint, epoch, nonce, claimed_at)
      SELECT c.number, c.attempts, left(c.secret, 32), asking.gateway, c.endpoint, asking.epoch, right(c.secret, 32),
        moment
      FROM claimed c
    )
    SELECT asking.gateway, c.number, left(c.secret, 32), right(c.secret, 32), c.attempts, c.account, c.engine, c.host,
      c.port, c.left_ms, c.delivery_left_ms
    FROM claimed c ORDER BY c.number;
  END LOOP;
END $$;

-- Account and principal of the parent count, so that none outlives or outgrows it.
CREATE FUNCTION find_temporary_keys(input jsonb)
RETURNS TABLE (ord integer, id text, parent_key text, account text, principal text, active integer, session text,
  sealed_secret bytea, token_hash text, policy text, expires_at bigint)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.ord, t.id, t.parent_key, k.account, k.principal, k.active::integer, t.session, t.sealed_secret,
    t.token_hash, t.policy, t.expires_at
  FROM jsonb_to_recordset(input) AS i (ord integer, id text)
  CROSS JOIN LATERAL (SELECT * FROM temporary_keys WHERE id = i.id OFFSET 0) t
  CROSS JOIN LATERAL (SELECT * FROM access_keys WHERE id = t.parent_key OFFSET 0) k
  WHERE k.account = t.account AND k.principal = t.principal;
END $$;
