import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { identityFile, loadIdentity, saveIdentity, signingKeys } from '../../src/gateway/identity.ts'
import { verifyEd25519 } from '../../src/link/keys.ts'
import { CLOSE } from '../../src/link/messages.ts'
import { eventually } from '../fixtures/eventually.ts'
import { enrolInto, startLinkGateway, startLinkServer } from '../fixtures/link-world.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { dialRaw, hex, type RawLink, startRawServer } from './raw-link.ts'

type More = (type: string) => Record<string, unknown>

/** By hand, as another version signs it. */
const payload = (tag: string, fields: readonly unknown[]) =>
  Buffer.from([tag, ...fields.map((field) => JSON.stringify(String(field)))].join('\n'))

async function enrolled() {
  await using opened = new AsyncDisposableStack()
  const { path } = opened.use(await tempFolder('skew'))
  const server = opened.use(await startLinkServer(join(path, 'server')))
  const folder = join(path, 'gateway')
  const id = await enrolInto(folder, server, server.url)
  const identity = await loadIdentity(folder)
  const [key] = signingKeys(identity, Date.now()).keys
  const moved = opened.move()
  return { server, folder, id, identity, key, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}
type Enrolled = Awaited<ReturnType<typeof enrolled>>

/** Connects and proves the key with the fields that version 1 requires, and `more`. */
async function connect({ server, id, identity, key }: Enrolled, more: More = () => ({})): Promise<RawLink> {
  const link = await dialRaw(server.url)
  const instance = hex(16)
  const about = { version: '0.1.0', capabilities: [], gateway: id, instance, key: key.fingerprint, hostname: 'db1' }
  link.send({ type: 'hello', protocol: { min: 1, max: 1 }, ...about, ...more('hello') })
  const { nonce } = await link.next('challenge')
  const proof = payload('postern link proof v1', [identity.server, nonce, id, instance, key.fingerprint, ''])
  const signature = Buffer.from(key.sign(proof)).toString('base64')
  link.send({ type: 'proof', signature, ...more('proof') })
  await link.next('welcome')
  const capacity = { total: 1, perEndpoint: 1 }
  link.send({ type: 'ready', instance, capacity, engines: ['MySQL'], holding: [], ...more('ready') })
  return link
}

/** Does one task by hand; the outcome and the record may have more in them. */
async function work(world: Enrolled, link: RawLink, more: More = () => ({})) {
  const { server, id, identity, key } = world
  const ended = server.ended(id)
  const run = await link.next('run')
  const { attempt, epoch } = run
  link.send({ type: 'accepted', attempt, epoch, ...more('accepted') })
  const record = { name: 'shop', kind: 'database', system: false, ...more('record') }
  const data = `${JSON.stringify(record)}\n`
  const about = { visibility: 'complete', warnings: [], server: { product: 'x', version: '1', role: 'primary' } }
  const listing = { kind: 'listing', count: 1, ...about, steps: [], collectedAt: 1, ...more('outcome') }
  link.send({ type: 'step', attempt, step: 'list', ...more('step') })
  const outcome = JSON.stringify(listing)
  const digest = createHash('sha256').update(`${outcome}\n${data}`).digest('hex')
  const of = [identity.server, id, run['task'], attempt, run['engine'], run['host'], run['port'], digest, run['nonce']]
  const signature = Buffer.from(key.sign(payload('postern result v1', of))).toString('base64')
  link.send({ type: 'chunk', attempt, index: 0, data, ...more('chunk') })
  const end = { chunks: 1, outcome, digest, signature, key: key.fingerprint }
  link.send({ type: 'finished', attempt, epoch, ...end, ...more('finished') })
  const received = await link.next('received')
  assert.deepEqual([received['attempt'], received['kind']], [attempt, 'finished'])
  const task = await ended
  assert.equal(task.state, 'Succeeded')
  await eventually('the signature is checked', async () => {
    return (await server.store.tasks.details(task.account, task.id))?.signature === 'valid'
  })
}

test('peers case 12: a gateway that knows nothing but what version 1 requires works with this server', async () => {
  await using world = await enrolled()
  const link = await connect(world)
  // Its ping tells of no answered one, as the first of each connection.
  link.send({ type: 'ping', id: 1, time: 1 })
  assert.equal((await link.next('pong'))['id'], 1)
  await work(world, link)
  assert.ok(link.open)
  link.close()
})

test('peers case 12: a newer gateway, with unknown fields, messages, capabilities and protocols, works with this server', async () => {
  await using world = await enrolled()
  const unknown = { later: true, nested: { list: [1, 'two'] } }
  const later: Record<string, Record<string, unknown>> = {
    step: { step: 'negotiate' },
    outcome: {
      steps: ['connect', 'negotiate', 'list'].map((name) => ({ name, ms: 1, ok: true })),
      server: { product: 'x', version: '1', role: 'witness' },
    },
  }
  const more: More = (type) =>
    type === 'hello'
      ? { ...unknown, protocol: { min: 1, max: 9 }, version: '9.0.0', capabilities: ['zstd', 'resume-2'] }
      : { ...unknown, ...later[type] }
  const link = await connect(world, more)
  const strange = () => {
    link.send({ type: 'telemetry', load: 0.5 })
    link.send({ type: 'inventory', attempt: 'not even an id' })
  }
  strange()
  await work(world, link, more)
  strange()
  link.send({ type: 'ping', id: 2, time: 5, ...unknown })
  assert.equal((await link.next('pong'))['id'], 2)
  assert.ok(link.open, 'what it does not know ends no connection')
  link.close()
})

test('peers case 12: a gateway that speaks newer protocols only is told, and so is its operator', async () => {
  await using world = await enrolled()
  const link = await dialRaw(world.server.url)
  const about = { version: '9.0.0', capabilities: [], gateway: world.id, instance: hex(16), hostname: 'db1' }
  link.send({ type: 'hello', protocol: { min: 2, max: 9 }, ...about, key: world.key.fingerprint })
  assert.equal(await link.closed, CLOSE.tooOld)
})

/** An engine of a newer server, and a word for what became of the outcome. */
async function askForWhatItDoesNotKnow(link: RawLink) {
  const attempt = hex(16)
  const run = { attempt, epoch: 1, task: 731_905_284_617_094, operation: 'list-databases', engine: 'Cassandra' }
  link.send({ type: 'run', ...run, executionMs: 10_000, nonce: hex(16) })
  await link.next('accepted')
  const { outcome } = await link.next('finished')
  assert.match(String(outcome), /Endpoint.NotAllowed.*does not know Cassandra. Install a newer one/)
  link.send({ type: 'received', attempt, kind: 'archived' })
}

/** Today's gateway beside a server by hand; resolves when it has done one task and is still connected. */
async function againstServer(more: More, strange: readonly Record<string, unknown>[] = []) {
  await using world = await enrolled()
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const { server, id, key } = { server: world.identity.server, id: world.id, key: world.key }
  await using raw = await startRawServer(async (link) => {
    const hello = await link.next('hello')
    assert.deepEqual(hello['protocol'], { min: 1, max: 1 })
    const nonce = hex(32)
    link.send({ type: 'challenge', protocol: 1, server, nonce, ...more('challenge') })
    const proof = await link.next('proof')
    const signed = payload('postern link proof v1', [server, nonce, id, hello['instance'], key.fingerprint, ''])
    assert.ok(verifyEd25519(key.publicKey, signed, String(proof['signature'])))
    const times = { time: Date.now(), pingEveryMs: 15_000, silentMs: 45_000, spreadMs: 0 }
    link.send({ type: 'welcome', epoch: 1, ...times, capabilities: [], ...more('welcome') })
    const ready = await link.next('ready')
    assert.deepEqual(ready['holding'], [])
    for (const each of strange) link.send(each)
    const attempt = hex(16)
    const run = { attempt, epoch: 1, task: 731_905_284_617_093, operation: 'list-databases', engine: 'MySQL' }
    link.send({ type: 'run', ...run, executionMs: 10_000, nonce: hex(16), ...more('run') })
    assert.equal((await link.next('accepted'))['attempt'], attempt)
    assert.equal((await link.next('chunk'))['index'], 0)
    const finished = await link.next('finished')
    assert.match(String(finished['outcome']), /"kind":"listing"/)
    link.send({ type: 'received', attempt, kind: 'finished', ...more('received') })
    if (more('run')['later'] !== undefined) await askForWhatItDoesNotKnow(link)
    for (const each of strange) link.send(each)
    link.send({ type: 'cancel', attempt: hex(16), ...more('cancel') })
    link.send({ type: 'drain', afterMs: 60_000, spreadMs: 0, ...more('drain') })
    // Had it ended the connection over any of that, this would not come.
    link.send({ type: 'pong', id: 1, time: Date.now(), ...more('pong') })
    await new Promise((next) => setTimeout(next, 50))
    assert.ok(link.open)
    resolve()
  })
  await saveIdentity(world.folder, { ...world.identity, url: raw.url })
  await using gatewayGateway = await startLinkGateway(world.folder)
  assert.ok(gatewayGateway.log)
  await Promise.race([done, eventually('a failure', () => raw.failures.length > 0)])
  assert.deepEqual(raw.failures, [])
  await done
}

test('peers case 12: this gateway works with a server that says nothing but what version 1 requires', () =>
  againstServer(() => ({})))

test('peers case 12: this gateway works with a newer server, with unknown fields, messages and capabilities', () =>
  againstServer(
    (type) => (type === 'welcome' ? { capabilities: ['zstd', 'resume-2'], later: 1 } : { later: { of: ['it'] } }),
    [{ type: 'configure', limits: { total: 3 } }, { type: 'hint' }],
  ))

test('peers case 12: a server that is too old or too new says so, and the gateway tells what to do and tries again', async () => {
  await using world = await enrolled()
  await using raw = await startRawServer(async (link) => {
    await link.next('hello')
    link.close(CLOSE.tooOld, 'this server speaks protocol 2')
  })
  await saveIdentity(world.folder, { ...(await loadIdentity(world.folder)), url: raw.url })
  await using gateway = await startLinkGateway(world.folder)
  await eventually('it is told', () => gateway.log.some((reason) => reason.includes('update the older one of the two')))
  assert.ok(identityFile(world.folder))
})
