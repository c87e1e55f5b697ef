import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { configurationSource } from '../../src/gateway/configuration-source.ts'
import { runGateway } from '../../src/gateway/gateway.ts'
import { saveIdentity, signingKeys, startRotation, loadIdentity } from '../../src/gateway/identity.ts'
import { createKey, signingKey } from '../../src/gateway/signing-key.ts'
import { verifyEd25519 } from '../../src/link/keys.ts'
import type { ServerLink, WorkMessage } from '../../src/link/doorkeeper.ts'
import { listenForLinks } from '../../src/link/listen.ts'
import type { Message } from '../../src/link/messages.ts'
import { resultPayload } from '../../src/link/payloads.ts'
import { createResultAssembly } from '../../src/link/result-assembly.ts'
import { fingerprintOf, toAccountId, toEpoch } from '../../src/model/ids.ts'
import { eventually } from '../fixtures/eventually.ts'
import { inTestEngine } from './in-test-engine.ts'
import { GATEWAY, runMessage, SERVER } from './runner-bench.ts'
import { scratchFolder } from './scratch-folder.ts'

const isWanted = (message: WorkMessage): message is Message<'chunk'> | Message<'finished'> =>
  message.type === 'chunk' || message.type === 'finished'

test('a gateway process over a real link: ready, run, finished, a rotated key, a polite end', async (t) => {
  const folder = await scratchFolder(t)
  const http = createServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => http.close())
  const address = http.address()
  assert.ok(typeof address === 'object' && address !== null)

  const identity = startRotation({
    id: GATEWAY,
    account: toAccountId('1'.repeat(15)),
    server: SERVER,
    url: `http://127.0.0.1:${address.port}`,
    region: 'default',
    name: 'plant-7',
    key: createKey(),
    previous: [],
  })
  await saveIdentity(folder, identity)
  const configFile = join(folder, 'gateway.yaml')
  await writeFile(configFile, 'endpoints:\n  - { engine: MySQL, host: 127.0.0.1, user: u, password: hunter22 }\n', {
    mode: 0o600,
  })

  const known = [signingKey(identity.key).publicKey]
  const links: ServerLink[] = []
  const messages: WorkMessage[] = []
  const clock = systemClock()
  await using listener = listenForLinks({
    http,
    clock,
    log: silentLog(),
    host: {
      server: SERVER,
      keys: async () => known,
      open: async ({ nextKey }) => {
        if (nextKey !== undefined) known.push(nextKey)
        return { kind: 'open', epoch: toEpoch(links.length + 1), account: identity.account }
      },
      connected(link) {
        links.push(link)
        link.handle({ onMessage: (message) => void messages.push(message), onRoundTrip: () => undefined })
      },
    },
  })
  const stop = new AbortController()
  let hold = false
  let goOn: (() => void) | undefined
  const login = async () => {
    if (hold) await new Promise<void>((resolve) => (goOn = resolve))
  }
  const running = runGateway({
    folder,
    configuration: configurationSource(configFile, { log: silentLog() }),
    clock,
    log: silentLog(),
    signal: stop.signal,
    engines: inTestEngine({ login }).engines,
  })
  const got = (type: WorkMessage['type']) => messages.find((message) => message.type === type)
  await eventually('ready', () => got('ready') !== undefined)
  assert.equal(listener.size, 1)
  assert.equal(known.length, 2)
  const rotated = signingKeys(await loadIdentity(folder), clock.wall())
  assert.equal(rotated.next, undefined)
  assert.equal(rotated.keys[0].fingerprint, fingerprintOf(known[1] ?? assert.fail()))

  const { epoch, ...work } = runMessage({ host: '127.0.0.1' })
  links.at(-1)?.send({ ...work, epoch })
  await eventually('finished', () => got('finished') !== undefined)
  assert.deepEqual(
    messages.map(({ type }) => type),
    ['ready', 'accepted', 'chunk', 'finished'],
  )
  const assembly = createResultAssembly({ usedBytes: 0 })
  const [chunk, finished] = messages.filter(isWanted)
  assert.ok(chunk?.type === 'chunk' && finished?.type === 'finished')
  assembly.chunk(chunk)
  const result = assembly.finished(finished)
  assert.equal(result.outcome.kind, 'listing')
  const { task, attempt, engine, host, port, nonce } = work
  const fields = { server: SERVER, gateway: GATEWAY, task, attempt, engine, host, port, nonce, digest: result.digest }
  const signer = known.find((key) => fingerprintOf(key) === result.key) ?? assert.fail()
  assert.ok(verifyEd25519(signer, resultPayload(fields), result.signature))

  links.at(-1)?.send({ type: 'received', attempt, kind: 'finished' })

  // What runs when the gateway is told to stop is still finished and sent.
  const last = runMessage({ host: '127.0.0.1' })
  hold = true
  links.at(-1)?.send(last)
  await eventually('the second login', () => goOn !== undefined)
  stop.abort()
  links.at(-1)?.send(runMessage({ host: '127.0.0.1' }))
  goOn?.()
  const isLast = (message: WorkMessage) => message.type === 'finished' && message.attempt === last.attempt
  await eventually('the second outcome', () => messages.some(isLast))
  links.at(-1)?.send({ type: 'received', attempt: last.attempt, kind: 'finished' })
  await running
  await eventually('the end of the link', () => listener.size === 0)
  assert.equal(messages.filter(({ type }) => type === 'accepted').length, 2)
})

test('a gateway does not start without an identity or with a broken configuration', async (t) => {
  const folder = await scratchFolder(t)
  const configFile = join(folder, 'gateway.yaml')
  const log = silentLog()
  const load = () => configurationSource(configFile, { log })
  assert.throws(load, /gateway\.yaml: the configuration cannot be read/)
  await writeFile(configFile, 'endpoints:\n  - x\n')
  assert.throws(load, /gateway\.yaml:2:5: /)
  await writeFile(configFile, 'endpoints: []\n')
  const signal = AbortSignal.abort()
  const running = runGateway({ folder, configuration: load(), clock: systemClock(), log, signal })
  await assert.rejects(running, /is not enrolled/)
})
