import type { AccessKey, AccessStore } from '../access-store.ts'
import { accessKeyOf, accountOf } from '../access-row.ts'
import { integer } from '../row.ts'
import { remembered } from './remembered.ts'
import { sqlitePolicyStore } from './sqlite-policy-store.ts'
import { sqliteTemporaryKeyStore } from './sqlite-temporary-key-store.ts'
import { sqliteUserStore } from './sqlite-user-store.ts'
import type { Statements } from './statements.ts'
import type { Writer } from './writer-client.ts'

/** `reader` is on a connection of this thread that cannot write. */
export function sqliteAccessStore(parts: { writer: Writer; reader: Statements }): AccessStore {
  const { reader } = parts
  const keys = remembered<AccessKey>()
  // Nobody else writes this store, so what every call asks for changes with writes of this process only.
  const writer: Pick<Writer, 'write'> = {
    async write(unit, input, bytes) {
      try {
        return await parts.writer.write(unit, input, bytes)
      } finally {
        keys.forget()
      }
    },
  }
  return {
    ...sqliteUserStore({ reader, writer }),
    ...sqlitePolicyStore(parts),
    ...sqliteTemporaryKeyStore(parts),
    createAccount: (account) => writer.write('createAccount', account),
    async accounts() {
      return reader.all('accounts').map(accountOf)
    },
    resetRootKey: (key) => writer.write('resetRootKey', key),
    createAccessKey: (key) => writer.write('createAccessKey', key),
    async accessKey(id) {
      return keys.get(id, () => {
        const row = reader.get('access_key', { id })
        return row && accessKeyOf(row)
      })
    },
    async anyAccessKey() {
      const row = reader.get('any_access_key', {})
      return row && accessKeyOf(row)
    },
    burn: (nonces) => parts.writer.write('burnNonces', nonces),
    async burnt(key, value) {
      return reader.get('nonce', { key, value }) !== undefined
    },
    async nonceHorizon() {
      return integer(reader.get('nonce_horizon') ?? {}, 'horizon')
    },
  }
}
