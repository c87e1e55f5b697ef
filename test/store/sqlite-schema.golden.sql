CREATE TABLE access_keys (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts (id),
  principal TEXT NOT NULL,
  -- AES-256-GCM under the key file: useless without it.
  sealed_secret BLOB NOT NULL,
  active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_keys_principal ON access_keys (account, principal);

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  task INTEGER NOT NULL REFERENCES tasks (number) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 3),
  id TEXT NOT NULL,
  gateway INTEGER NOT NULL,
  -- Of the session that claimed it.
  epoch INTEGER NOT NULL,
  -- Signed by the gateway with the outcome.
  nonce TEXT NOT NULL,
  claimed_at INTEGER NOT NULL,
  -- open: the claim runs. lapsed: it ran out, nobody claimed the task since, and an outcome is still welcome.
  -- over: there is a newer attempt, or the task has ended.
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'lapsed', 'over')),
  -- NULL while the session lives: the claim runs as long as the task.
  claim_deadline INTEGER,
  -- What came when it was over: the first one is kept, and changed nothing.
  late_at INTEGER,
  late_digest TEXT,
  late_count INTEGER,
  late_bytes INTEGER,
  PRIMARY KEY (task, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX attempts_claim ON attempts (gateway, epoch, id);

CREATE INDEX attempts_deadline ON attempts (claim_deadline) WHERE state = 'open' AND claim_deadline IS NOT NULL;

CREATE INDEX attempts_live ON attempts (id) WHERE state <> 'over';

CREATE INDEX attempts_open ON attempts (gateway) WHERE state = 'open';

CREATE TABLE client_tokens (
  account TEXT NOT NULL,
  action TEXT NOT NULL,
  value TEXT NOT NULL,
  -- Digest of the canonical parameters.
  parameters TEXT NOT NULL,
  task INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account, action, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX client_tokens_expiry ON client_tokens (expires_at);

CREATE TABLE enrollments (
  -- SHA-256 of the token; the token itself is nowhere.
  token_hash TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts (id),
  region TEXT NOT NULL,
  name TEXT,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  -- Set with its use, so that the same token with the same key gets the same answer again.
  public_key BLOB,
  gateway INTEGER REFERENCES gateways (number)
) STRICT, WITHOUT ROWID;

CREATE INDEX enrollments_expiry ON enrollments (expires_at);

CREATE INDEX enrollments_gateway ON enrollments (gateway) WHERE gateway IS NOT NULL;

CREATE INDEX enrollments_listed ON enrollments (account, created_at);

CREATE TABLE gateway_keys (
  gateway INTEGER NOT NULL REFERENCES gateways (number) ON DELETE CASCADE,
  -- SHA-256 of public_key, 64 hex digits.
  fingerprint TEXT NOT NULL,
  public_key BLOB NOT NULL CHECK (length(public_key) = 32),
  -- 'current' and 'next' open sessions; a 'former' one only checks what was signed before.
  role TEXT NOT NULL CHECK (role IN ('current', 'next', 'former')),
  added_at INTEGER NOT NULL,
  PRIMARY KEY (gateway, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE gateway_replacements (
  number INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateways (number) ON DELETE CASCADE,
  at INTEGER NOT NULL
) STRICT;

CREATE INDEX gateway_replacements_gateway ON gateway_replacements (gateway, at);

CREATE TABLE gateways (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL REFERENCES accounts (id),
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Counts the sessions; only the newest one claims.
  epoch INTEGER NOT NULL DEFAULT 0,
  connected INTEGER NOT NULL DEFAULT 0 CHECK (connected IN (0, 1)),
  -- The process that opened the newest session.
  instance TEXT,
  last_seen_at INTEGER,
  conflict_until INTEGER,
  hostname TEXT,
  address TEXT,
  version TEXT
, deleted_at INTEGER, deleted_by TEXT, ending INTEGER NOT NULL DEFAULT 0 CHECK (ending IN (0, 1)), stopped_at INTEGER, local_address TEXT, upgrading INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE INDEX gateways_account ON gateways (account);

CREATE INDEX gateways_deleted ON gateways (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX gateways_ending ON gateways (number) WHERE ending = 1;

CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  -- Names the installation: 32 hex digits.
  server_id TEXT NOT NULL,
  -- Key of the permutation that makes public ids of numbers: another one would change every id that was given out.
  id_key BLOB NOT NULL CHECK (length(id_key) = 32),
  -- The lowest version of Postern that may open this store.
  min_node TEXT NOT NULL
, unchecked_tasks INTEGER NOT NULL DEFAULT 0, restored_at INTEGER) STRICT;

CREATE TABLE migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL,
  -- The version of Postern that applied it.
  applied_by TEXT NOT NULL
) STRICT;

CREATE TABLE nonces (
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (key, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX nonces_expiry ON nonces (expires_at);

CREATE TABLE outcomes (
  task INTEGER PRIMARY KEY REFERENCES tasks (number) ON DELETE CASCADE,
  attempt TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  -- The exact text that was signed.
  outcome_text TEXT NOT NULL,
  digest TEXT NOT NULL,
  signature TEXT NOT NULL,
  key_fingerprint TEXT NOT NULL,
  -- NULL until the signature was checked.
  verified INTEGER CHECK (verified IN (0, 1))
, checksum INTEGER) STRICT;

CREATE INDEX outcomes_unverified ON outcomes (received_at) WHERE verified IS NULL;

CREATE INDEX outcomes_unverified_attempt ON outcomes (attempt) WHERE verified IS NULL;

CREATE TABLE policies (
  account TEXT NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  document TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT;

CREATE TABLE results (
  task INTEGER NOT NULL REFERENCES tasks (number) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (task, part)
) STRICT;

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE tasks (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL REFERENCES accounts (id),
  gateway INTEGER NOT NULL REFERENCES gateways (number),
  region TEXT NOT NULL,
  engine TEXT NOT NULL,
  host TEXT,
  port INTEGER,
  -- What the limit per database server counts by.
  endpoint TEXT NOT NULL AS (json_array(engine, host, port)) STORED,
  state TEXT NOT NULL DEFAULT 'Queued'
    CHECK (state IN ('Queued', 'Running', 'Succeeded', 'Failed', 'Cancelled', 'TimedOut')),
  -- Apart from the state: a Running task whose attempt was lost may be claimed again.
  claimable INTEGER NOT NULL DEFAULT 1 CHECK (claimable IN (0, 1)),
  -- How many were made; the one of this number is the current one.
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  request TEXT NOT NULL,
  delivery_deadline INTEGER NOT NULL,
  execution_ms INTEGER NOT NULL,
  -- The first of any attempt; a later one does not move it, nor the deadline.
  accepted_at INTEGER,
  execution_deadline INTEGER,
  step TEXT,
  ended_at INTEGER,
  failure_code TEXT,
  failure_message TEXT,
  cancelled_by TEXT, checksum INTEGER, delivery_ms INTEGER,
  CHECK ((ended_at IS NULL) = (state IN ('Queued', 'Running'))),
  CHECK (claimable = 0 OR ended_at IS NULL),
  CHECK ((accepted_at IS NULL) = (execution_deadline IS NULL))
) STRICT;

CREATE INDEX tasks_claimable ON tasks (gateway) WHERE claimable = 1;

CREATE INDEX tasks_claimable_endpoint ON tasks (gateway, endpoint) WHERE claimable = 1;

CREATE INDEX tasks_delivery ON tasks (delivery_deadline) WHERE accepted_at IS NULL AND ended_at IS NULL;

CREATE INDEX tasks_ended ON tasks (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX tasks_execution ON tasks (execution_deadline) WHERE accepted_at IS NOT NULL AND ended_at IS NULL;

CREATE INDEX tasks_listed ON tasks (account, created_at);

CREATE INDEX tasks_listed_gateway ON tasks (gateway, created_at);

CREATE TABLE temporary_keys (
  id TEXT PRIMARY KEY,
  -- Made with this one; whatever happens to it happens to the temporary key.
  parent_key TEXT NOT NULL REFERENCES access_keys (id) ON DELETE CASCADE,
  account TEXT NOT NULL REFERENCES accounts (id),
  -- Whom it acts for.
  principal TEXT NOT NULL,
  session TEXT NOT NULL,
  -- AES-256-GCM under the key file: useless without it.
  sealed_secret BLOB NOT NULL,
  -- SHA-256 of the security token, 64 hex digits; the token itself is nowhere.
  token_hash TEXT NOT NULL,
  -- What it is narrowed to, in the policy language.
  policy TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX temporary_keys_expiry ON temporary_keys (expires_at);

CREATE INDEX temporary_keys_parent ON temporary_keys (parent_key);

CREATE INDEX temporary_keys_principal ON temporary_keys (account, principal, expires_at);

CREATE TABLE user_policies (
  user TEXT NOT NULL REFERENCES users (id),
  type TEXT NOT NULL CHECK (type IN ('System', 'Custom')),
  policy TEXT NOT NULL,
  -- The user's.
  account TEXT NOT NULL REFERENCES accounts (id),
  attached_at INTEGER NOT NULL,
  PRIMARY KEY (user, type, policy)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_policies_policy ON user_policies (account, type, policy);

CREATE TABLE users (
  -- Decimal digits; never given out twice, so that a user made under an old name has none of the old one's permissions.
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  mobile_phone TEXT NOT NULL,
  email TEXT NOT NULL,
  comments TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX users_name ON users (account, name);
