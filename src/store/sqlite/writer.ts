import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { toErrorData } from './error-data.ts'
import { openWriter } from './open-writer.ts'
import { type FromWriter, type ToWriter, type WriterStart, writerStart } from './writer-messages.ts'

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

if (parentPort !== null) main(parentPort, writerStart.parse(workerData))
