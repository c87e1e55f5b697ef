import { toAccessKeyId, toAccountId, toPrincipalId } from '../../model/ids.ts'
import type { TemporaryKey, TemporaryKeyStore } from '../temporary-key-store.ts'
import { bytes, entry, integer, optional, type Row, text } from './row.ts'
import type { Statements } from './statements.ts'
import type { Writer } from './writer-client.ts'

export function sqliteTemporaryKeyStore(parts: { writer: Writer; reader: Statements }): TemporaryKeyStore {
  const { writer, reader } = parts
  return {
    issueTemporaryKey: (key, burn) => writer.write('issueTemporaryKey', { key, burn }),
    async temporaryKey(id) {
      const row = reader.get('temporary_key', { id })
      return row && temporaryKeyOf(row)
    },
  }
}

const temporaryKeyOf = (row: Row): TemporaryKey => ({
  id: toAccessKeyId(text(row, 'id')),
  parent: toAccessKeyId(text(row, 'parent_key')),
  account: toAccountId(text(row, 'account')),
  principal: toPrincipalId(text(row, 'principal')),
  session: text(row, 'session'),
  sealedSecret: bytes(row, 'sealed_secret'),
  tokenHash: text(row, 'token_hash'),
  ...entry('policy', optional(row, 'policy', text)),
  expiresAt: integer(row, 'expires_at'),
  active: integer(row, 'active') === 1,
})
