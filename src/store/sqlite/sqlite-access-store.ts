import type { AccessStore } from '../access-store.ts'
import { accessKeyOf, accountOf } from '../access-row.ts'
import { sqlitePolicyStore } from './sqlite-policy-store.ts'
import { sqliteTemporaryKeyStore } from './sqlite-temporary-key-store.ts'
import { sqliteUserStore } from './sqlite-user-store.ts'
import type { Statements } from './statements.ts'
import type { Writer } from './writer-client.ts'

/** `reader` is on a connection of this thread that cannot write. */
export function sqliteAccessStore(parts: { writer: Writer; reader: Statements }): AccessStore {
  const { writer, reader } = parts
  return {
    ...sqliteUserStore(parts),
    ...sqlitePolicyStore(parts),
    ...sqliteTemporaryKeyStore(parts),
    createAccount: (account) => writer.write('createAccount', account),
    async accounts() {
      return reader.all('accounts').map(accountOf)
    },
    resetRootKey: (key) => writer.write('resetRootKey', key),
    createAccessKey: (key) => writer.write('createAccessKey', key),
    async accessKey(id) {
      const row = reader.get('access_key', { id })
      return row && accessKeyOf(row)
    },
    async anyAccessKey() {
      const row = reader.get('any_access_key', {})
      return row && accessKeyOf(row)
    },
    burn: (nonces) => writer.write('burnNonces', nonces),
    async burnt(key, value) {
      return reader.get('nonce', { key, value }) !== undefined
    },
  }
}
