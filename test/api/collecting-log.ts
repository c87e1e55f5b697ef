import { Writable } from 'node:stream'
import { pino } from 'pino'
import type { Log } from '../../src/base/log.ts'

/** A real log of level debug whose lines the test can read. */
export function collectingLog(): { log: Log; lines: () => readonly string[] } {
  const chunks: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString('utf8'))
      done()
    },
  })
  return { log: pino({ level: 'debug' }, sink), lines: () => chunks.join('').split('\n') }
}
