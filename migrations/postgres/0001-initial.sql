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
  -- A gateway that said that it stops is being upgraded.
  upgrading boolean NOT NULL DEFAULT false,
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
