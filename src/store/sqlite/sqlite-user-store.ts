import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import type { UserStore } from '../user-store.ts'
import type { Statements } from './statements.ts'
import { keyOfRow, principalOf, userOfRow } from '../user-row.ts'
import { userNamed } from './user-units.ts'
import type { Writer } from './writer-client.ts'

/** A page and one more, which tells whether there is another. */
const MAX_PAGE = 1_001
/** Root keys that were there before the limit are listed too. */
const MAX_KEYS = 10 * ACCESS_LIMITS.keysOfUser

export function sqliteUserStore(parts: { writer: Pick<Writer, 'write'>; reader: Statements }): UserStore {
  const { writer, reader } = parts
  return {
    createUser: (user, burn) => writer.write('createUser', { user, burn }),
    async userByName(account, name) {
      return userNamed(reader, account, name)
    },
    async userById(account, id) {
      const row = reader.get('user_by_id', { account, id })
      return row && userOfRow(row)
    },
    async users(account, { after, limit }) {
      return reader.all('users_of_account', { account, after, limit: Math.min(limit, MAX_PAGE) }).map(userOfRow)
    },
    updateUser: (user, burn) => writer.write('updateUser', { ...user, burn }),
    deleteUser: (user, burn) => writer.write('deleteUser', { ...user, burn }),
    issueKey: (key, burn) => writer.write('issueKey', { key, burn }),
    async keysOf(owner) {
      const { account } = owner
      return reader.all('keys_of_principal', { account, principal: principalOf(owner), limit: MAX_KEYS }).map(keyOfRow)
    },
    setKeyActive: (key, burn) => writer.write('setKeyActive', { key, burn }),
    deleteKey: (key, burn) => writer.write('deleteKey', { key, burn }),
  }
}
