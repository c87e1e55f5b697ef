import assert from 'node:assert/strict'
import { cp, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { requestRotation, isRotationRequested } from '../../src/gateway/key-rotation.ts'
import { identityFile, loadIdentity, saveIdentity, signingKeys } from '../../src/gateway/identity.ts'
import { fingerprintOf, type GatewayId } from '../../src/model/ids.ts'
import { type CuttingLink, startCuttingLink } from '../fixtures/cutting-link.ts'
import { eventually } from '../fixtures/eventually.ts'
import { enrolInto, type LinkServer, startLinkGateway, startLinkServer } from '../fixtures/link-world.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const NEVER = { after: -1, arrives: true }
const known = async (server: LinkServer, gateway: GatewayId) =>
  (await server.store.fleet.keys(gateway)).map(fingerprintOf)
const keysIn = async (folder: string) => signingKeys(await loadIdentity(folder), Date.now())

/** A server, a link that can be cut, and a gateway that is enrolled and has a signed result from its first key. */
async function rotating(cut = NEVER) {
  await using opened = new AsyncDisposableStack()
  const { path } = opened.use(await tempFolder('rotate'))
  const [data, folder] = [join(path, 'server'), join(path, 'gateway')]
  let server = await startLinkServer(data)
  opened.defer(() => server[Symbol.asyncDispose]())
  const link: CuttingLink = opened.use(await startCuttingLink(() => server.url, cut))
  const gateway = await enrolInto(folder, server, server.url)
  const [first] = (await keysIn(folder)).keys
  const before = startLinkGateway(folder)
  const task = await server.ended(gateway)
  await (await before)[Symbol.asyncDispose]()
  await saveIdentity(folder, { ...(await loadIdentity(folder)), url: link.url })
  const moved = opened.move()
  return {
    path,
    data,
    folder,
    link,
    gateway,
    first,
    task,
    server: () => server,
    async restartServer(between: () => Promise<void> = async () => {}) {
      await server[Symbol.asyncDispose]()
      await between()
      server = await startLinkServer(data)
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}
type Rotating = Awaited<ReturnType<typeof rotating>>

/** The new key alone opens sessions, is the first in the file, and what the old one signed still verifies. */
async function assertRotated({ folder, gateway, first, task, server }: Rotating): Promise<void> {
  await eventually('only the new key is good', async () => {
    const [only, ...others] = await known(server(), gateway)
    return others.length === 0 && only !== undefined && only !== first.fingerprint
  })
  const { keys, next } = await keysIn(folder)
  assert.equal(next, undefined)
  assert.deepEqual(await known(server(), gateway), [keys[0].fingerprint])
  assert.equal(keys[1]?.fingerprint, first.fingerprint, 'the old one is kept')
  const { store } = server()
  await eventually('the old result is checked', async () => {
    const details = await store.tasks.details(task.account, task.id)
    assert.notEqual(details?.signature, 'invalid')
    return details?.signature === 'valid'
  })
  assert.equal((await server().ended(gateway)).state, 'Succeeded')
}

test('a running gateway takes up the request for a new key, without losing its session for long', async () => {
  await using world = await rotating()
  await using running = await startLinkGateway(world.folder)
  await eventually('it is connected', () => running.log.includes('connected'))
  await requestRotation(world.folder)
  assert.equal((await stat(join(world.folder, 'rotate-key'))).mode & 0o777, 0o600)
  await eventually('the request is taken', async () => !(await isRotationRequested(world.folder)))
  await assertRotated(world)
  assert.equal((await stat(identityFile(world.folder))).mode & 0o777, 0o600)
})

test('rotateKeyDays replaces a key that is older, once', async () => {
  await using world = await rotating()
  const identity = await loadIdentity(world.folder)
  const createdAt = new Date(Date.now() - 3 * 24 * 3600_000).toISOString()
  await saveIdentity(world.folder, { ...identity, key: { ...identity.key, createdAt } })
  {
    await using youngGateway = await startLinkGateway(world.folder, 'rotateKeyDays: 4\n')
    assert.ok(youngGateway.log)
    assert.equal((await world.server().ended(world.gateway)).state, 'Succeeded')
    assert.deepEqual(await known(world.server(), world.gateway), [world.first.fingerprint])
  }
  await using oldGateway = await startLinkGateway(world.folder, 'rotateKeyDays: 2\n')
  assert.ok(oldGateway.log)
  await assertRotated(world)
  assert.equal((await loadIdentity(world.folder)).previous.length, 1)
})

test('the new key is on disk before the server hears of it', async () => {
  // The hello is the first message: nothing of it arrives.
  await using world = await rotating({ after: 1, arrives: false })
  await requestRotation(world.folder)
  await using runningGateway = await startLinkGateway(world.folder)
  assert.ok(runningGateway.log)
  await world.link.cut
  const { keys, next } = await keysIn(world.folder)
  assert.ok(next, await readFile(identityFile(world.folder), 'utf8'))
  assert.equal(keys[0].fingerprint, world.first.fingerprint)
})

describe('row 28: a key rotation whose reply is lost leaves a working gateway (peers case 4)', {
  concurrency: 4,
}, () => {
  const MESSAGES = ['hello', 'challenge', 'proof', 'welcome', 'hello', 'challenge', 'proof', 'welcome']
  for (const [index, name] of MESSAGES.entries()) {
    for (const arrives of [true, false]) {
      const when = `${arrives ? 'after' : 'instead of'} message ${index + 1} (${name})`
      test(`the connection is cut ${when}, and both sides start anew`, async () => {
        await using world = await rotating({ after: index + 1, arrives })
        await requestRotation(world.folder)
        {
          await using cutGateway = await startLinkGateway(world.folder)
          assert.ok(cutGateway.log)
          await world.link.cut
          // Both die here: what the gateway would do next with this connection, it does not do.
        }
        assert.deepEqual(world.link.passed.slice(0, index + 1), MESSAGES.slice(0, index + 1))
        await world.restartServer()
        await using againGateway = await startLinkGateway(world.folder)
        assert.ok(againGateway.log)
        await assertRotated(world)
      })
    }
  }

  test('the server commits and its answer is lost, and only the gateway goes on', async () => {
    await using world = await rotating({ after: 4, arrives: false })
    await requestRotation(world.folder)
    await using runningGateway = await startLinkGateway(world.folder)
    assert.ok(runningGateway.log)
    await world.link.cut
    assert.deepEqual((await known(world.server(), world.gateway)).length, 2, 'it has committed')
    assert.ok((await keysIn(world.folder)).next)
    await assertRotated(world)
  })

  test('a server that is restored from before the rotation takes the new key again', async () => {
    await using world = await rotating()
    const backup = join(world.path, 'backup')
    await world.restartServer(() => cp(world.data, backup, { recursive: true }))
    await requestRotation(world.folder)
    {
      await using runningGateway = await startLinkGateway(world.folder)
      assert.ok(runningGateway.log)
      await assertRotated(world)
    }
    await world.restartServer(() => cp(backup, world.data, { recursive: true, force: true }))
    assert.deepEqual(await known(world.server(), world.gateway), [world.first.fingerprint])
    await using runningGateway = await startLinkGateway(world.folder)
    assert.ok(runningGateway.log)
    await assertRotated(world)
  })
})
