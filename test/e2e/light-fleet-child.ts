import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { createConnection } from '../../src/gateway/connection.ts'
import { createOutbox, type SealedOutcome } from '../../src/gateway/outbox.ts'
import type { Runner, RunnerEvents } from '../../src/gateway/runner.ts'
import { dial, type SigningKey } from '../../src/link/dial.ts'
import type { Message } from '../../src/link/messages.ts'
import { resultPayload } from '../../src/link/payloads.ts'
import { DATABASE_TYPE_NAMES } from '../../src/model/database-type.ts'
import { fingerprintOf, type GatewayId, toGatewayId, toServerId } from '../../src/model/ids.ts'
import { outcomeDigest } from '../../src/model/outcome-digest.ts'
import { CLOSED_HOST, fleetFile } from '../fixtures/light-fleet.ts'

// Plays the gateways of the file in the first argument: the real connection with its waits, and no databases behind it.

const { url, server: serverText, gateways } = fleetFile.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')))
const server = toServerId(serverText)
const clock = systemClock()
const log = silentLog()
const signal = new AbortController().signal
const state = { online: 0, tries: 0, done: 0 }

function signingKey(text: string): SigningKey {
  const privateKey = createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { fingerprint: fingerprintOf(raw), publicKey: raw, sign: (payload) => sign(null, payload, privateKey) }
}

function outcomeOf(run: Message<'run'>, gateway: GatewayId, key: SigningKey): SealedOutcome {
  const { attempt, epoch, task, engine, host, port, nonce } = run
  const isClosed = host?.startsWith(CLOSED_HOST) === true
  const parts = isClosed ? [] : [Buffer.from(`${JSON.stringify({ name: 'crm', kind: 'database', system: false })}\n`)]
  const failure = {
    kind: 'failure',
    code: 'Endpoint.ConnectionRefused',
    message: 'Nothing listens there.',
    step: 'connect',
    steps: [],
  }
  const listing = {
    kind: 'listing',
    count: 1,
    visibility: 'complete',
    warnings: [],
    server: { product: 'Light', version: '1', role: 'primary' },
    steps: [],
    collectedAt: clock.wall(),
  }
  const outcomeText = JSON.stringify(isClosed ? failure : listing)
  const digest = outcomeDigest(outcomeText, parts)
  const payload = resultPayload({ server, gateway, task, attempt, engine, host, port, digest, nonce })
  const signature = Buffer.from(key.sign(payload)).toString('base64')
  return { attempt, epoch, outcomeText, parts, digest, signature, key: key.fingerprint }
}

function play(id: GatewayId, key: SigningKey): void {
  const instance = randomBytes(16).toString('hex')
  const outbox = createOutbox()
  const connection = createConnection({
    dial: (on) => {
      state.tries++
      return dial({
        url,
        server,
        gateway: id,
        instance,
        version: '0.0.0',
        hostname: 'light',
        keys: [key],
        clock,
        log,
        ...on,
      })
    },
    instance,
    engines: DATABASE_TYPE_NAMES,
    outbox,
    clock,
    log,
    onState: ({ connected }) => {
      if (connected === online) return
      online = connected
      state.online += connected ? 1 : -1
    },
  })
  let online = false
  void connection.maintain(
    lightRunner(connection.events, (run) => outbox.add(outcomeOf(run, id, key))),
    signal,
  )
}

/** Every task ends at once, with one database or because its host is closed. */
function lightRunner(events: RunnerEvents, seal: (run: Message<'run'>) => boolean): Runner {
  return {
    capacity: { total: 8, perEndpoint: 8 },
    holding: [],
    started: [],
    run(run) {
      events.onAccepted(run.attempt, run.epoch)
      if (seal(run)) events.onOutcome(run.attempt)
      state.done++
    },
    cancel() {},
    wake() {},
    refuse() {},
    async [Symbol.asyncDispose]() {},
  }
}

for (const { id, key } of gateways) {
  const gateway = toGatewayId(id)
  if (gateway !== undefined) play(gateway, signingKey(key))
}
let said = ''
setInterval(() => {
  const now = JSON.stringify(state)
  if (now !== said) process.stdout.write(`${now}\n`)
  said = now
}, 50)
