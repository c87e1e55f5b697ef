-- Temporary keys of STS. Only additions: an older node goes on working beside it, it just does not know these keys.

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
CREATE INDEX temporary_keys_parent ON temporary_keys (parent_key);
CREATE INDEX temporary_keys_principal ON temporary_keys (account, principal, expires_at);
CREATE INDEX temporary_keys_expiry ON temporary_keys (expires_at);
