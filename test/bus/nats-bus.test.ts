import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, nkeys } from '@nats-io/transport-node'
import { systemClock } from '../../src/base/clock.ts'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import { silentLog } from '../../src/base/log.ts'
import { readNatsAddress } from '../../src/bus/nats-address.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { subjectToken } from '../../src/bus/subject-token.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { eventually } from '../fixtures/eventually.ts'
import { findNats, startNats } from '../fixtures/nats.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { listen } from './bus-suite.ts'
import { notedLog, type SharedBusWorld, sharedBusSuite } from './shared-bus-suite.ts'

const skip = !findNats() && 'NATS is not on this machine (Debian: nats-server)'

const open = (url: string, { installation = 'test', log = silentLog() } = {}) =>
  openNatsBus({ address: readNatsAddress(url), installation, clock: systemClock(), log })

async function startWorld(): Promise<SharedBusWorld> {
  const server = await startNats()
  return {
    port: server.port,
    node: ({ port, ...others }) => open(`nats://127.0.0.1:${port}`, others),
    async say(installation, text) {
      const client = await connect({ servers: `127.0.0.1:${server.port}` })
      client.publish(`postern.${subjectToken(installation)}.anywhere.task`, text)
      await client.drain()
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

sharedBusSuite('nats', skip, startWorld)

test('nats: regions have subjects of their own and hear each other', { skip }, async () => {
  await using server = await startNats()
  const url = `nats://127.0.0.1:${server.port}`
  const watcher = await connect({ servers: `127.0.0.1:${server.port}` })
  const subjects: string[] = []
  watcher.subscribe('>', { callback: (_error, message) => void subjects.push(message.subject) })
  await watcher.flush()
  await using east = await open(`${url}?region=eu-east%201`)
  await using west = await open(`${url}?region=west`)
  await using heardEast = await listen(east, 'task')
  await using heardWest = await listen(west, 'gateway')
  east.publish('gateway', ['1'])
  west.publish('task', ['2'])
  await eventually('both hear', () => heardEast.keys.length === 1 && heardWest.keys.length === 1)
  await watcher.drain()
  assert.deepEqual(subjects.toSorted(), ['postern.test.eu-east%201.gateway', 'postern.test.west.task'])
})

test('nats: a message on the subject of another topic is ignored', { skip }, async () => {
  await using server = await startNats()
  await using node = await open(`nats://127.0.0.1:${server.port}`)
  await using heard = await listen(node, 'deleted')
  const client = await connect({ servers: `127.0.0.1:${server.port}` })
  client.publish('postern.test.x.task', JSON.stringify({ from: 'x', subject: 'deleted', keys: ['1'] }))
  await client.drain()
  await eventually('it came', () => node.state.ignored === 1)
  assert.deepEqual(heard.keys, [])
})

test('nats: of several servers the next one is tried where one does not answer', { skip }, async () => {
  await using server = await startNats()
  await using node = await open(`nats://127.0.0.1:1,127.0.0.1:${server.port},127.0.0.1:2`)
  await eventually('it is connected', () => node.state.connected)
})

const at = (port: number, query: string) => open(`nats://127.0.0.1:${port}?${query}`)

test('nats: TLS is verified, by name and by authority', { skip }, async () => {
  await using folder = await tempFolder('nats-tls')
  const authority = makeAuthority()
  const ca = join(folder.path, 'ca.pem')
  await writeFile(ca, authority.certificate)
  await using server = await startNats({ tls: authority.issue(['127.0.0.1']) })
  await using other = await startNats({ tls: authority.issue(['localhost']) })
  await using plain = await startNats()
  {
    await using node = await at(server.port, `ca=${ca}`)
    assert.equal(node.state.connected, true)
  }
  await assert.rejects(at(server.port, 'tls=verify'), isRefusal(/certificate of 127\.0\.0\.1:\d+ is not trusted/))
  await assert.rejects(at(other.port, `ca=${ca}`), isRefusal(/not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/))
  await assert.rejects(at(plain.port, `ca=${ca}`), isRefusal(/has no TLS/))
})

test('nats: user and password; a wrong one is refused at the start and not told', { skip }, async () => {
  const password = 'p@ss:w/rd'
  await using server = await startNats({ user: 'postern', password })
  const log = notedLog()
  {
    await using node = await open(`nats://postern:${encodeURIComponent(password)}@127.0.0.1:${server.port}`, log)
    assert.equal(node.state.connected, true)
  }
  await assert.rejects(open(`nats://postern:wr0ng@127.0.0.1:${server.port}`, log), (error: Error) => {
    assert.match(error.message, /^--bus: 127\.0\.0\.1:\d+ refuses the login$/)
    return error instanceof ConfigurationError
  })
  await assert.rejects(open(`nats://127.0.0.1:${server.port}`, log), ConfigurationError)
  assert.doesNotMatch(JSON.stringify(log.lines), /wr0ng|p@ss/)
})

test('nats: the key of a user, and what its user may not hear', { skip }, async () => {
  await using folder = await tempFolder('nats-nkey')
  const user = nkeys.createUser()
  const seed = join(folder.path, 'user.nk')
  await writeFile(seed, `${new TextDecoder().decode(user.getSeed())}\n`, { mode: 0o600 })
  const allow = (permissions: string) => [
    `authorization { users = [ { nkey: "${user.getPublicKey()}"${permissions} } ] }`,
  ]
  await using server = await startNats({ lines: allow('') })
  {
    await using node = await open(`nats://127.0.0.1:${server.port}?credentials=${seed}`)
    assert.equal(node.state.connected, true)
  }
  await using mute = await startNats({ lines: allow(', permissions: { subscribe: "postern.other.>" }') })
  const refused = open(`nats://127.0.0.1:${mute.port}?credentials=${seed}`)
  await assert.rejects(refused, isRefusal(/may not subscribe to postern\.test\.>/))
  await using deaf = await startNats({ lines: allow(', permissions: { publish: "postern.other.>" }') })
  const log = notedLog()
  await using node = await open(`nats://127.0.0.1:${deaf.port}?credentials=${seed}`, log)
  node.publish('task', ['1'])
  await eventually('it is told', () => log.warnings().length === 1)
  assert.match(log.warnings()[0]?.reason ?? '', /postern\.test\.default\.task/)
  await chmod(seed, 0o644)
  assert.throws(() => readNatsAddress(`nats://127.0.0.1?credentials=${seed}`), isRefusal(/chmod 600/))
})

function isRefusal(message: RegExp) {
  return (error: Error) => {
    assert.match(error.message, message)
    return error instanceof ConfigurationError
  }
}
