import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { toErrorData } from './error-data.ts'
import { openWriter } from './open-writer.ts'
import type { FromWriter, ToWriter, WriterStart } from './writer-messages.ts'

// The thread that owns the only connection that writes. One message in is one batch is one commit is one message out.

const BUSY_TIMEOUT_MS = 10_000

function main(port: NonNullable<typeof parentPort>, start: WriterStart): void {
  const answer = (message: FromWriter) => port.postMessage(message)
  const db = new DatabaseSync(start.file, { timeout: BUSY_TIMEOUT_MS })
  try {
    const writer = openWriter(db, start.now)
    port.on('message', (message: ToWriter) => {
      if (message.kind === 'batch') return answer({ kind: 'done', answers: writer.write(message) })
      db.close()
      port.close()
    })
    answer({ kind: 'ready', meta: writer.meta })
  } catch (error) {
    db.close()
    answer({ kind: 'refused', error: toErrorData(error) })
    port.close()
  }
}

function isWriterStart(given: unknown): given is WriterStart {
  if (typeof given !== 'object' || given === null || !('file' in given) || !('now' in given)) return false
  return typeof given.file === 'string' && typeof given.now === 'number'
}

if (parentPort !== null) {
  const start: unknown = workerData
  if (!isWriterStart(start)) throw new Error('the writer was started without its file')
  main(parentPort, start)
}
