import type { TemporaryKeyStore } from '../temporary-key-store.ts'
import { temporaryKeyOf } from '../temporary-key-row.ts'
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
