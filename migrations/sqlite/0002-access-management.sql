-- Users of accounts, their policies and what is attached to whom. Only additions: an older node goes on working beside it.

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

-- A user's keys have `<account>:user/<id>` as their principal.
CREATE INDEX access_keys_principal ON access_keys (account, principal);

-- The policies that an account made; those of the system are not in the store.
CREATE TABLE policies (
  account TEXT NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  document TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT;

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
