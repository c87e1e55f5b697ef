/**
 * npm run bench: lists real servers with our engines beside the bare drivers, in one run, one at a time and taking turns.
 * Fails where an engine needs more than 2 ms more at the median of all rounds.
 */
import { findMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { findRedis } from '../fixtures/redis.ts'
import { startBareMariadb, startBarePostgresql, startBareRedis } from './bare-listings.ts'
import { compareListing, median } from './compare-listing.ts'

const MOST_DIFFERENCE_MS = 2
const SETS = 5
const ROUNDS = 20

const servers = [
  { name: 'MariaDB', there: findMariadb() !== undefined, start: startBareMariadb },
  { name: 'PostgreSQL', there: findPostgresql() !== undefined, start: startBarePostgresql },
  { name: 'Redis', there: findRedis(), start: startBareRedis },
]

console.log(`Connect, list, close: medians of ${SETS} × ${ROUNDS} rounds, one at a time.\n`)
console.log('engine       bare ms  ours ms  difference ms (of each set)            ratio')
for (const { name, there, start } of servers) {
  if (!there) {
    console.log(`${name.padEnd(11)}  not on this machine`)
    continue
  }
  await using bare = await start()
  // The first connections load code and warm the server's caches.
  await compareListing(bare, ROUNDS)
  const sets = []
  for (let set = 0; set < SETS; set++) sets.push(await compareListing(bare, ROUNDS))
  const bareMs = median(sets.map((each) => each.bareMs))
  const oursMs = median(sets.map((each) => each.oursMs))
  const difference = oursMs - bareMs
  const each = sets.map(({ differenceMs }) => differenceMs.toFixed(2)).join(' ')
  const cells = [bareMs.toFixed(2).padStart(7), oursMs.toFixed(2).padStart(7), `${difference.toFixed(2)} (${each})`]
  const verdict = difference > MOST_DIFFERENCE_MS ? `  MORE THAN ${MOST_DIFFERENCE_MS} ms` : ''
  console.log(`${name.padEnd(11)}  ${cells.join('  ').padEnd(56)}  ${(oursMs / bareMs).toFixed(2)}${verdict}`)
  if (verdict !== '') process.exitCode = 1
}
