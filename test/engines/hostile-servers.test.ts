import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConfiguredTls } from '../../src/gateway/configuration.ts'
import type { DatabaseType } from '../../src/model/database-type.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { createRandom } from '../fuzz/random.ts'
import { PASSWORD, USER } from './engine-session.ts'
import { EVERY_ENGINE, EveryServer, skipped } from './every-server.ts'
import { type AttemptOptions, type Ended, hostileRunner } from './hostile-runner.ts'
import { type Hostile, type Place, startInterposer } from './interposer.ts'
import { WIRE, type WireProtocol } from './wire-messages.ts'

/** Every byte and every message, instead of some of them: minutes. */
const THOROUGH = process.env['POSTERN_TEST_HOSTILE'] === 'all'
const SEED = Number(process.env['POSTERN_TEST_SEED'] ?? 20_261)
const PLACES = THOROUGH ? Infinity : 10
const MIB = 1024 * 1024
const OFF: ConfiguredTls = { mode: 'off' }
/** The machine may be busy; what a deadline did not end lasts far longer, until the test itself is ended. */
const PATIENCE = 5
/** What an attempt may take beside its deadlines: as many others make handshakes at the same time as there are. */
const BESIDE_MS = 600
const SHORT = { connectMs: 200, queryMs: 200 }
const LONG = { connectMs: 600, queryMs: 600 }
const AT_A_TIME = THOROUGH ? 12 : 8

const AUTHORITY = makeAuthority()
const VERIFIED: ConfiguredTls = { mode: 'verify', ca: async () => AUTHORITY.certificate }
const servers = new EveryServer(AUTHORITY.issue(['127.0.0.1']))
const users = new Map<object, Promise<void>>()
const runner = hostileRunner()
after(async () => {
  await runner[Symbol.asyncDispose]()
  await servers[Symbol.asyncDispose]()
})

/** What would have ended a gateway. */
const crashes: Error[] = []
process.on('uncaughtExceptionMonitor', (error) => crashes.push(error))

const silent: Hostile = () => {}
const garbage =
  (position: number, then: 'wait' | 'end'): Hostile =>
  (speak, socket) => {
    const random = createRandom(SEED, position)
    speak(Buffer.from(Array.from({ length: 1 + random.below(4000) }, () => random.below(256))))
    if (then === 'end') socket.end()
  }
const says =
  (bytes: Buffer): Hostile =>
  (speak) =>
    void speak(bytes)
/** Talks until nobody reads. */
const endless =
  (first: Buffer, piece: (times: number) => Buffer): Hostile =>
  (speak, socket) => {
    let times = 0
    const more = () => {
      while (!socket.destroyed) if (!speak(piece(++times))) return
    }
    socket.on('drain', more)
    speak(first)
    more()
  }
const rowsWithoutEnd =
  (wire: WireProtocol): Hostile =>
  (speak, socket, heard) => {
    let times = 0
    const pieces = () => Buffer.concat(Array.from({ length: 200 }, () => wire.again(heard.next, times++)))
    endless(Buffer.alloc(0), pieces)(speak, socket, heard)
  }

for (const engine of EVERY_ENGINE) {
  const wire: WireProtocol = WIRE[engine]
  describe(`a hostile ${engine}`, { skip: skipped(engine), timeout: THOROUGH ? 1_800_000 : 60_000 }, () => {
    for (const [how, tls] of [
      ['in clear', OFF],
      ['over TLS', VERIFIED],
    ] as const) {
      test(`hangs, ${how}, after any byte of a good conversation`, async () => {
        const { port, bytes } = await goodConversation(engine, tls)
        await inParallel(some(bytes, how === 'in clear' ? PLACES : PLACES / 2), async (afterBytes) => {
          await hostileAttempt({ engine, port, place: { afterBytes }, hostile: silent, tls, limits: SHORT })
        })
        await unharmed(engine, tls)
      })
    }

    test('sends garbage after any message', async () => {
      const { port, messages } = await goodConversation(engine, OFF)
      const places = some(messages, PLACES)
      await inParallel(places, async (afterMessages) => {
        const place = { afterMessages, lengthOf: wire.lengthOf }
        for (const then of ['wait', 'end'] as const) {
          const hostile = garbage(afterMessages, then)
          await hostileAttempt({ engine, port, place, hostile, tls: OFF, limits: SHORT })
        }
      })
      await unharmed(engine, OFF)
    })

    test('asks for what no client should give, after any message', async () => {
      const { port, messages } = await goodConversation(engine, OFF)
      for (const [what, bytes] of Object.entries(wire.demands)) {
        await inParallel(some(messages, PLACES / 2), async (afterMessages) => {
          const place = { afterMessages, lengthOf: wire.lengthOf }
          const attempt = { engine, port, place, hostile: says(bytes), tls: OFF, limits: SHORT, lies: true }
          const { heard } = await hostileAttempt(attempt)
          assert.ok(!heard.includes(PASSWORD), `${what}, after ${afterMessages} messages: it got the password`)
          assert.ok(heard.length < 4096, `${what}, after ${afterMessages} messages: it got ${heard.length} bytes`)
        })
      }
      await unharmed(engine, OFF)
    })

    test('repeats a message for ever, or says that one has 2 GiB: bounded in time and memory', async () => {
      const { port, messages } = await goodConversation(engine, OFF)
      const filler = Buffer.alloc(65_536, 'a')
      for (const afterMessages of some(messages, THOROUGH ? Infinity : 2)) {
        const place = { afterMessages, lengthOf: wire.lengthOf }
        for (const hostile of [rowsWithoutEnd(wire), endless(wire.huge, () => filler)]) {
          const before = process.memoryUsage.rss()
          let most = 0
          const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss() - before)), 20)
          try {
            await hostileAttempt({ engine, port, place, hostile, tls: OFF, limits: LONG, lies: true })
          } finally {
            clearInterval(watch)
          }
          assert.ok(most < 400 * MIB, `after ${afterMessages} messages: ${Math.round(most / MIB)} MiB more memory`)
        }
      }
      await unharmed(engine, OFF)
    })
  })
}

interface HostileAttempt extends AttemptOptions {
  readonly engine: DatabaseType
  readonly port: number
  readonly place: Place
  readonly hostile: Hostile
  /** What it says may be a whole answer, and then it is believed. */
  readonly lies?: boolean
}

/** One attempt at a server that turns hostile: it ends in time, with a code that is no fault of ours or with the true list. */
async function hostileAttempt({ engine, port, place, hostile, lies = false, ...options }: HostileAttempt) {
  await using interposer = await startInterposer(port, place, hostile)
  const ended = await runner.attempt(engine, interposer.port, options)
  const { connectMs, queryMs } = options.limits
  const where = `${engine} after ${JSON.stringify(place)}, seed ${SEED}: ${JSON.stringify(ended.outcome)}`
  assert.ok(ended.ms < PATIENCE * (connectMs + queryMs + BESIDE_MS), `${Math.round(ended.ms)} ms: ${where}`)
  if (ended.outcome.kind === 'failure') {
    assert.match(ended.outcome.code, /^(Endpoint|Database|Result|Task)\./, where)
    assert.ok(!JSON.stringify(ended.outcome).includes(PASSWORD), where)
  } else if (!lies) {
    assert.equal(namesOf(ended), (await goodConversation(engine, options.tls)).names, where)
  }
  return { ...ended, heard: interposer.heard(), sent: interposer.sent }
}

const namesOf = ({ list }: Ended) => [...list.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name).join()

/** The next task of the same gateway is as good as if nothing had happened. */
async function unharmed(engine: DatabaseType, tls: ConfiguredTls) {
  const { port, names } = await goodConversation(engine, tls)
  const ended = await runner.attempt(engine, port, { tls, limits: { connectMs: 20_000, queryMs: 20_000 } })
  assert.equal(ended.outcome.kind, 'listing', JSON.stringify(ended.outcome))
  assert.equal(namesOf(ended), names)
  assert.deepEqual(crashes, [])
}

interface Good {
  readonly port: number
  readonly bytes: number
  readonly messages: number
  readonly names: string
}

const conversations = new Map<string, Promise<Good>>()

/** What a good server says, counted once. */
function goodConversation(engine: DatabaseType, tls: ConfiguredTls): Promise<Good> {
  const name = `${engine} ${tls.mode}`
  const known = conversations.get(name) ?? converse(engine, tls)
  conversations.set(name, known)
  return known
}

async function converse(engine: DatabaseType, tls: ConfiguredTls): Promise<Good> {
  const server = await servers.of(engine)
  const user = users.get(server) ?? server.createUser(USER, PASSWORD)
  users.set(server, user)
  await user
  const port = tls.mode === 'off' ? server.port : server.tlsPort
  const place: Place =
    tls.mode === 'off' ? { afterMessages: Infinity, lengthOf: WIRE[engine].lengthOf } : { afterBytes: Infinity }
  await using interposer = await startInterposer(port, place, silent)
  const ended = await runner.attempt(engine, interposer.port, { tls, limits: { connectMs: 20_000, queryMs: 20_000 } })
  assert.equal(ended.outcome.kind, 'listing', JSON.stringify(ended.outcome))
  const { bytes, messages } = interposer
  assert.ok(bytes > 20 && (tls.mode !== 'off' || messages > 2), `${bytes} bytes, ${messages} messages`)
  return { port, bytes, messages, names: namesOf(ended) }
}

/** Some of the numbers below `end`, the same for the same seed, the first and the last among them. */
function some(end: number, most: number): number[] {
  const pieces = Math.min(end, Math.ceil(most))
  const random = createRandom(SEED, end)
  const numbers = Array.from({ length: pieces }, (_, piece) => {
    const [from, to] = [Math.floor((end * piece) / pieces), Math.floor((end * (piece + 1)) / pieces)]
    return from + random.below(Math.max(1, to - from))
  })
  return [...new Set([0, ...numbers, end - 1])]
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>) {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}
