import type { Clock } from '../../base/clock.ts'
import { readPostgresAddress } from '../../model/postgres-address.ts'
import { integer } from '../row.ts'
import { connector } from './connection.ts'
import { cannotOpen } from './database-errors.ts'

const ASKED = 3
const NOW = 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now'

/** The clock of this process, set to the database's: what nodes reckon by themselves, they reckon alike. */
export async function databaseClock(url: string, clock: Clock): Promise<Clock> {
  const ahead = await offsetOf(url, clock)
  return {
    now: () => clock.now() + ahead,
    wall: () => clock.wall() + ahead,
    after: (ms, callback) => clock.after(ms, callback),
    every: (ms, callback) => clock.every(ms, callback),
  }
}

/** How far the database is ahead, milliseconds: from the fastest of a few answers, which says it most exactly. */
async function offsetOf(url: string, clock: Clock): Promise<number> {
  const address = readPostgresAddress(url, '--store')
  try {
    const connection = await connector(address)()
    try {
      const answers: { ms: number; ahead: number }[] = []
      for (let i = 0; i < ASKED; i++) {
        const asked = clock.now()
        const [answer] = await connection.script(NOW)
        const ms = clock.now() - asked
        answers.push({ ms, ahead: integer(answer?.rows[0] ?? {}, 'now') - asked - Math.floor(ms / 2) })
      }
      return answers.toSorted((a, b) => a.ms - b.ms)[0]?.ahead ?? 0
    } finally {
      await connection.close()
    }
  } catch (error) {
    throw cannotOpen(error, address)
  }
}
