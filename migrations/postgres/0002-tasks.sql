-- Not partitioned: its key holds across all tasks. Written in the transaction of the task.
CREATE TABLE client_tokens (
  account text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  -- Digest of the canonical parameters.
  parameters text NOT NULL,
  task bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (account, action, value)
);

CREATE INDEX client_tokens_expiry ON client_tokens (expires_at);

CREATE SEQUENCE task_numbers AS bigint MINVALUE 1;

-- Four tables with the same partitions, by the number of the task; tasks_p1, attempts_p1 and so on, which nodes make
-- ahead and drop whole. No reference leads in or out of them: it would have to be looked for when one is dropped.
CREATE TABLE tasks (
  number bigint NOT NULL,
  account text COLLATE "C" NOT NULL,
  gateway bigint NOT NULL,
  region text NOT NULL,
  engine text NOT NULL,
  host text,
  port integer,
  -- What the limit per database server counts by.
  endpoint text COLLATE "C" NOT NULL
    GENERATED ALWAYS AS (engine || chr(10) || coalesce(port::text, '-') || chr(10) || coalesce('=' || host, '')) STORED,
  state text NOT NULL DEFAULT 'Queued'
    CHECK (state IN ('Queued', 'Running', 'Succeeded', 'Failed', 'Cancelled', 'TimedOut')),
  -- Apart from the state: a Running task whose attempt was lost may be claimed again.
  claimable boolean NOT NULL DEFAULT true,
  -- How many were made; the one of this number is the current one.
  attempts integer NOT NULL DEFAULT 0,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  request text NOT NULL,
  -- How long it was to wait for its gateway, whatever the deadline was moved to since.
  delivery_ms bigint NOT NULL,
  delivery_deadline bigint NOT NULL,
  execution_ms bigint NOT NULL,
  -- The first of any attempt; a later one does not move it, nor the deadline.
  accepted_at bigint,
  execution_deadline bigint,
  step text,
  ended_at bigint,
  failure_code text,
  failure_message text,
  cancelled_by text,
  PRIMARY KEY (number),
  CHECK ((ended_at IS NULL) = (state IN ('Queued', 'Running'))),
  CHECK (NOT claimable OR ended_at IS NULL),
  CHECK ((accepted_at IS NULL) = (execution_deadline IS NULL))
) PARTITION BY RANGE (number);

CREATE INDEX tasks_claimable ON tasks (gateway, number) WHERE claimable;

CREATE INDEX tasks_claimable_endpoint ON tasks (gateway, endpoint, number) WHERE claimable;

CREATE INDEX tasks_delivery ON tasks (delivery_deadline) WHERE accepted_at IS NULL AND ended_at IS NULL;

CREATE INDEX tasks_execution ON tasks (execution_deadline) WHERE accepted_at IS NOT NULL AND ended_at IS NULL;

CREATE INDEX tasks_open ON tasks (number) WHERE ended_at IS NULL;

CREATE INDEX tasks_listed ON tasks (account, created_at, number);

CREATE INDEX tasks_listed_gateway ON tasks (gateway, created_at, number);

CREATE TABLE attempts (
  task bigint NOT NULL,
  number integer NOT NULL CHECK (number BETWEEN 1 AND 3),
  id text COLLATE "C" NOT NULL,
  gateway bigint NOT NULL,
  -- The task's.
  endpoint text COLLATE "C" NOT NULL,
  -- Of the session that claimed it.
  epoch bigint NOT NULL,
  -- Signed by the gateway with the outcome.
  nonce text NOT NULL,
  claimed_at bigint NOT NULL,
  -- open: the claim runs. lapsed: it ran out, nobody claimed the task since, and an outcome is still welcome.
  -- over: there is a newer attempt, or the task has ended.
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'lapsed', 'over')),
  -- NULL while the session lives: the claim runs as long as the task.
  claim_deadline bigint,
  -- What came when it was over: the first one is kept, and changed nothing.
  late_at bigint,
  late_digest text,
  late_count bigint,
  late_bytes bigint,
  PRIMARY KEY (task, number)
) PARTITION BY RANGE (task);

CREATE INDEX attempts_id ON attempts (id);

CREATE INDEX attempts_deadline ON attempts (claim_deadline) WHERE state = 'open' AND claim_deadline IS NOT NULL;

CREATE INDEX attempts_open ON attempts (gateway, endpoint) WHERE state = 'open';

CREATE TABLE outcomes (
  task bigint NOT NULL,
  attempt text NOT NULL,
  received_at bigint NOT NULL,
  -- The exact text that was signed.
  outcome_text text NOT NULL,
  digest text NOT NULL,
  signature text NOT NULL,
  key_fingerprint text NOT NULL,
  -- NULL until the signature was checked.
  verified boolean,
  PRIMARY KEY (task)
) PARTITION BY RANGE (task);

CREATE INDEX outcomes_unverified ON outcomes (received_at) WHERE verified IS NULL;

CREATE INDEX outcomes_unverified_attempt ON outcomes (attempt) WHERE verified IS NULL;

CREATE TABLE results (
  task bigint NOT NULL,
  part integer NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (task, part)
) PARTITION BY RANGE (task);

-- In two steps, because a partition that is made in place would stop everybody who reads or writes the table.
CREATE FUNCTION make_task_partition(first bigint, next bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  part text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['tasks', 'attempts', 'outcomes', 'results'] LOOP
    part := parent || '_p' || first;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, part, first, next);
  END LOOP;
END $$;

CREATE FUNCTION drop_task_partition(first bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  part text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['tasks', 'attempts', 'outcomes', 'results'] LOOP
    part := parent || '_p' || first;
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, part);
    EXECUTE format('DROP TABLE %I', part);
  END LOOP;
END $$;
