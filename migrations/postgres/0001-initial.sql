-- min-node: 0.1.0
-- What is compared or listed in an order is COLLATE "C": by code point, whatever the database's own collation is.

CREATE TABLE meta (
  one integer PRIMARY KEY CHECK (one = 1),
  -- Names the installation: 32 hex digits.
  server_id text NOT NULL,
  -- Key of the permutation that makes public ids of numbers: another one would change every id that was given out.
  id_key bytea NOT NULL CHECK (length(id_key) = 32),
  -- The lowest version of Postern that may open this store.
  min_node text NOT NULL,
  -- Tasks that ended then or earlier are gone for everybody, whether or not their partition was dropped.
  purged_before bigint NOT NULL DEFAULT 0,
  -- How many numbers of tasks a new partition takes.
  partition_size bigint NOT NULL DEFAULT 1000000 CHECK (partition_size > 0)
);

CREATE TABLE migrations (
  number integer PRIMARY KEY,
  name text NOT NULL,
  applied_at bigint NOT NULL,
  -- The version of Postern that applied it.
  applied_by text NOT NULL
);

CREATE TABLE nodes (
  id text PRIMARY KEY,
  version text NOT NULL,
  started_at bigint NOT NULL,
  -- It lives as long as this is renewed.
  seen_at bigint NOT NULL
);

CREATE TABLE accounts (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE access_keys (
  id text COLLATE "C" PRIMARY KEY,
  account text COLLATE "C" NOT NULL REFERENCES accounts (id),
  principal text NOT NULL,
  -- AES-256-GCM under the key file: useless without it.
  sealed_secret bytea NOT NULL,
  active boolean NOT NULL DEFAULT true,
  created_at bigint NOT NULL
);

CREATE INDEX access_keys_principal ON access_keys (account, principal);

CREATE TABLE nonces (
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (key, value)
);

CREATE INDEX nonces_expiry ON nonces (expires_at);

CREATE TABLE users (
  -- Decimal digits; never given out twice, so that a user made under an old name has none of the old one's permissions.
  id text COLLATE "C" PRIMARY KEY,
  account text COLLATE "C" NOT NULL REFERENCES accounts (id),
  name text COLLATE "C" NOT NULL,
  display_name text NOT NULL,
  mobile_phone text NOT NULL,
  email text NOT NULL,
  comments text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  UNIQUE (account, name)
);

CREATE TABLE policies (
  account text COLLATE "C" NOT NULL REFERENCES accounts (id),
  name text COLLATE "C" NOT NULL,
  description text NOT NULL,
  document text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (account, name)
);

CREATE TABLE user_policies (
  user_id text COLLATE "C" NOT NULL REFERENCES users (id),
  type text COLLATE "C" NOT NULL CHECK (type IN ('System', 'Custom')),
  policy text COLLATE "C" NOT NULL,
  -- The user's.
  account text COLLATE "C" NOT NULL REFERENCES accounts (id),
  attached_at bigint NOT NULL,
  PRIMARY KEY (user_id, type, policy)
);

CREATE INDEX user_policies_policy ON user_policies (account, type, policy);

CREATE TABLE temporary_keys (
  id text COLLATE "C" PRIMARY KEY,
  -- Made with this one; whatever happens to it happens to the temporary key.
  parent_key text COLLATE "C" NOT NULL REFERENCES access_keys (id) ON DELETE CASCADE,
  account text COLLATE "C" NOT NULL REFERENCES accounts (id),
  -- Whom it acts for.
  principal text NOT NULL,
  session text NOT NULL,
  -- AES-256-GCM under the key file: useless without it.
  sealed_secret bytea NOT NULL,
  -- SHA-256 of the security token, 64 hex digits; the token itself is nowhere.
  token_hash text NOT NULL,
  -- What it is narrowed to, in the policy language.
  policy text,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);

CREATE INDEX temporary_keys_expiry ON temporary_keys (expires_at);

CREATE INDEX temporary_keys_parent ON temporary_keys (parent_key);

CREATE INDEX temporary_keys_principal ON temporary_keys (account, principal, expires_at);

CREATE TABLE gateways (
  number bigint GENERATED ALWAYS AS IDENTITY (MINVALUE 1) PRIMARY KEY,
  account text COLLATE "C" NOT NULL REFERENCES accounts (id),
  region text COLLATE "C" NOT NULL,
  name text NOT NULL,
  created_at bigint NOT NULL,
  -- Counts the sessions; only the newest one claims.
  epoch bigint NOT NULL DEFAULT 0,
  connected boolean NOT NULL DEFAULT false,
  -- That has the newest session, until the session ends. Still there while connected is false: the node was taken for dead.
  node text,
  -- The process that opened the newest session.
  instance text,
  last_seen_at bigint,
  conflict_until bigint,
  hostname text,
  address text,
  local_address text,
  version text,
  stopped_at bigint,
  deleted_at bigint,
  deleted_by text,
  -- It was deleted, and may have open tasks.
  ending boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);

CREATE INDEX gateways_account ON gateways (account, number);

CREATE INDEX gateways_node ON gateways (node) WHERE node IS NOT NULL;

CREATE INDEX gateways_deleted ON gateways (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX gateways_ending ON gateways (number) WHERE ending;

CREATE TABLE gateway_keys (
  gateway bigint NOT NULL REFERENCES gateways (number) ON DELETE CASCADE,
  -- SHA-256 of public_key, 64 hex digits.
  fingerprint text NOT NULL,
  public_key bytea NOT NULL CHECK (length(public_key) = 32),
  -- 'current' and 'next' open sessions; a 'former' one only checks what was signed before.
  role text NOT NULL CHECK (role IN ('current', 'next', 'former')),
  added_at bigint NOT NULL,
  PRIMARY KEY (gateway, fingerprint)
);

CREATE TABLE gateway_replacements (
  gateway bigint NOT NULL REFERENCES gateways (number) ON DELETE CASCADE,
  at bigint NOT NULL
);

CREATE INDEX gateway_replacements_gateway ON gateway_replacements (gateway, at);

CREATE TABLE enrollments (
  -- SHA-256 of the token; the token itself is nowhere.
  token_hash text COLLATE "C" PRIMARY KEY,
  account text COLLATE "C" NOT NULL REFERENCES accounts (id),
  region text NOT NULL,
  name text,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  expires_at bigint NOT NULL,
  -- Set with its use, so that the same token with the same key gets the same answer again.
  public_key bytea,
  gateway bigint REFERENCES gateways (number)
);

CREATE INDEX enrollments_expiry ON enrollments (expires_at);

CREATE INDEX enrollments_gateway ON enrollments (gateway) WHERE gateway IS NOT NULL;

CREATE INDEX enrollments_listed ON enrollments (account, created_at, token_hash);

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
