import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { eventually } from '../fixtures/eventually.ts'
import { findProgram } from '../fixtures/find-program.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findPostgresql, type PostgresqlProgram, startPostgresql } from '../fixtures/postgresql.ts'
import { postern, type Running, startPostern } from '../fixtures/process.ts'
import { type ServerProcess, startServerProcess } from '../fixtures/server-process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { runScript } from '../setup/script-process.ts'
import { CLUSTER, prepareCluster, readCompose } from './cluster-files.ts'
import { type TlsCaller, tlsCaller } from './tls-caller.ts'

const haproxy = findProgram('haproxy')
const nats = findProgram('nats-server')
const program = findPostgresql()
const skip =
  (program === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)') ||
  (nats === undefined && 'NATS is not on this machine (Debian: nats-server)') ||
  (haproxy === undefined && 'HAProxy is not on this machine (Debian: haproxy)')
/** HAProxy calls the servers from 127.0.0.1, and they believe it; callers come from here. */
const CALLER = '127.0.0.5'
const CALLERS = 2
/** Between two tasks of a caller: enough calls to meet every moment, few enough for two cores. */
const PAUSE_MS = 100
const PROBE = join(CLUSTER, 'probe.mjs')
type Prepared = Awaited<ReturnType<typeof prepareCluster>>

const opens = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    }).on('error', reject)
  })

/** One that does not come up leaves nothing behind. */
async function untilOpen(running: ServerProcess, port: number): Promise<void> {
  try {
    await running.ready(() => opens(port))
  } catch (error) {
    await running[Symbol.asyncDispose]()
    throw error
  }
}

/** With TLS by the certificate of the cluster, and what make-database.sql makes. */
async function startDatabase(cluster: Prepared, postgresql: PostgresqlProgram) {
  const [certificate, key, ca] = await Promise.all(['postgres.pem', 'postgres.key', 'ca.pem'].map(cluster.read))
  const tls = { certificate: certificate ?? '', key: key ?? '', ca: ca ?? '' }
  const database = await startPostgresql({ tls, program: postgresql, settings: ['max_connections=100'] })
  const file = await cluster.install('make-database.sql', join(cluster.secrets, 'make.sql'), (text) =>
    text.replaceAll('/run/secrets/', `${cluster.secrets}/`),
  )
  const args = ['-h', '127.0.0.1', '-p', String(database.port), '-U', 'postgres', '-X', '-q', '-f', file]
  await promisify(execFile)(join(postgresql.bin, 'psql'), args, { env: { PGPASSWORD: database.rootPassword } })
  return database
}

async function startBus(cluster: Prepared, port: number) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-nats-'))
  const here = (text: string) => text.replaceAll('/etc/nats/', `${folder}/`)
  const file = await cluster.install('nats-server.conf', join(folder, 'nats-server.conf'), here)
  for (const name of ['nats.pem', 'nats.key', 'nats-password.conf']) {
    await writeFile(join(folder, name), await cluster.read(name), { mode: 0o600 })
  }
  const args = ['-c', file, '-a', '127.0.0.1', '-p', String(port), '-m', String(await freePort())]
  const running = await startServerProcess({ program: nats ?? '', args, folder, stopSignal: 'SIGTERM' })
  await untilOpen(running, port)
  return running
}

/** haproxy.cfg as it is: its environment says where everything is. */
async function startBalancer(cluster: Prepared, servers: readonly number[]) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-haproxy-'))
  const [port, health] = [await freePort(), await freePort()]
  const env = {
    POSTERN_BIND: `127.0.0.1:${port}`,
    POSTERN_HEALTH_BIND: `127.0.0.1:${health}`,
    POSTERN_MAX_CONNECTIONS: '500',
    POSTERN_CERTIFICATE: join(cluster.secrets, 'postern.pem'),
    POSTERN_AUTHORITY: join(cluster.secrets, 'ca.pem'),
    ...Object.fromEntries(servers.map((server, index) => [`POSTERN_SERVER_${index + 1}`, `127.0.0.1:${server}`])),
  }
  const args = ['-db', '-f', join(CLUSTER, 'haproxy.cfg')]
  const running = await startServerProcess({ program: haproxy ?? '', args, folder, stopSignal: 'SIGTERM', env })
  await untilOpen(running, port)
  /** How many servers it takes for ready. */
  const ready = async () => Number.parseInt(await (await fetch(`http://127.0.0.1:${health}/readyz`)).text(), 10) || 0
  return { port, ready, log: join(folder, 'server.log'), [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
}

interface Node {
  readonly metrics: () => Promise<string>
  readonly data: string
  process(): Running
  start(): Promise<void>
}

/** The command of compose.yaml, and server.yaml, with other folders and ports. */
async function makeNode(cluster: Prepared, at: { folder: string; port: number; database: number; bus: number }) {
  const metricsPort = await freePort()
  await mkdir(at.folder)
  const data = join(at.folder, 'data')
  const here = (text: string) =>
    text
      .replaceAll('/run/secrets', cluster.secrets)
      .replace('0.0.0.0:7070', `127.0.0.1:${at.port}`)
      .replace('0.0.0.0:9464', `127.0.0.1:${metricsPort}`)
      .replace('172.30.70.0/24', '127.0.0.1/32')
      .replace('@postgres:5432', `@127.0.0.1:${at.database}`)
      .replace('@nats:4222', `@127.0.0.1:${at.bus}`)
  const config = await cluster.install('server.yaml', join(at.folder, 'server.yaml'), here)
  const urls = ['store-url', 'bus-url'] as const
  for (const name of urls) await cluster.install(`secrets/${name}`, join(at.folder, name), here)
  const { services } = await readCompose()
  const command = (services['server-1']?.command ?? []).map((word) =>
    word
      .replace('/var/lib/postern', data)
      .replace('/etc/postern/server.yaml', config)
      .replace(/^\/run\/secrets\/(?=store-url|bus-url)/, `${at.folder}/`)
      .replace(/\$\{POSTERN_NAME:\?[^}]*\}/, 'localhost'),
  )
  let running: Running | undefined
  const node: Node & AsyncDisposable = {
    data,
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    process: () => running ?? assert.fail('it does not run'),
    async start() {
      running = startPostern(command)
      await running.line('"msg":"listening"')
    },
    async [Symbol.asyncDispose]() {
      await running?.kill('SIGKILL')
    },
  }
  return node
}

/** Creates and reads until it is told to stop; fails with the first call that is not answered as if nothing were. */
async function keepCalling(caller: TlsCaller, gateway: string, stop: AbortSignal): Promise<number> {
  let done = 0
  while (!stop.aborted) {
    const where = { BackupGatewayId: gateway, DatabaseType: 'MySQL' }
    const created = await caller.call('CreateGetDBListFromAgentTask', where)
    assert.equal(created.status, 200, JSON.stringify(created.body))
    for (;;) {
      const read = { TaskId: String(created.body['TaskId']), WaitSeconds: '20' }
      const code = (await caller.callV3('GetDBListFromAgent', read)).body['ErrCode']
      if (code === 'Endpoint.ConnectionRefused') break
      assert.equal(code, 'Task.NotFinished')
    }
    done++
    await pause(PAUSE_MS)
  }
  return done
}

test('row 35: the files of the cluster, with a real HAProxy, PostgreSQL and NATS: no call fails while a server is stopped and started', {
  skip,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('cluster')).path
  const cluster = await prepareCluster(join(folder, 'cluster'), 'localhost')
  const database = stack.use(await startDatabase(cluster, program ?? assert.fail()))
  const bus = await freePort()
  stack.use(await startBus(cluster, bus))
  const ports = [await freePort(), await freePort()]
  const nodes = await Promise.all(
    ports.map((port, index) =>
      makeNode(cluster, { folder: join(folder, `${index}`), port, database: database.port, bus }),
    ),
  )
  const [first = assert.fail(), second = assert.fail()] = nodes.map((node) => stack.use(node))
  await first.start()
  await second.start()
  // Nothing was copied: the key was there before the first start.
  const balancer = stack.use(await startBalancer(cluster, ports))
  await eventually('HAProxy has seen both', async () => (await balancer.ready()) === 2)

  const url = `https://localhost:${balancer.port}`
  const caFile = join(cluster.secrets, 'ca.pem')
  const keyFile = join(first.data, 'root-access-key.json')
  const token = await postern(['gateway', 'token', '--endpoint', url, '--key-file', keyFile, '--ca-file', caFile])
  assert.equal(token.code, 0, token.stderr)
  const data = join(folder, 'gateway')
  const trusted = ['--data', data, '--ca-file', caFile]
  const enrolled = await postern(['gateway', 'enroll', '--server', url, ...trusted], {
    env: { POSTERN_ENROLLMENT_TOKEN: token.stdout.trim() },
  })
  assert.equal(enrolled.code, 0, enrolled.stderr)
  const { id } = z.object({ id: z.number() }).parse(JSON.parse(await readFile(join(data, 'gateway.json'), 'utf8')))
  const config = join(folder, 'gateway.yaml')
  const endpoint = '{ engine: MySQL, host: 127.0.0.1, port: 1, user: lister, password: x, tls: { mode: off } }'
  await writeFile(config, `endpoints:\n  - ${endpoint}\n`, { mode: 0o600 })
  const gateway = stack.use(startPostern(['gateway', 'run', ...trusted, '--config', config]))
  await gateway.line('"msg":"connected"')

  const { AccessKeyId: accessKeyId, AccessKeySecret: secret } = z
    .object({ AccessKeyId: z.string(), AccessKeySecret: z.string() })
    .parse(JSON.parse(await readFile(keyFile, 'utf8')))
  const key = { accessKeyId, secret }
  const caller = stack.use(tlsCaller({ url, ca: await cluster.read('ca.pem'), key, localAddress: CALLER }))

  // What a caller claims of earlier hops is not believed, and the answer knows that it goes over TLS.
  await caller.get('/', { 'x-forwarded-for': '203.0.113.66', 'x-forwarded-proto': 'http' })
  await eventually('one of them has the line', () => linesOf(nodes, '"code":"MissingAction"').length === 1)
  for (const line of linesOf(nodes, '"code":"MissingAction"')) assert.match(line, new RegExp(`"address":"${CALLER}"`))
  for (const { metrics } of nodes)
    await eventually('the bus is there', async () => /^postern_bus_connected 1$/m.test(await metrics()))
  for (const [args, code] of [
    [[`https://127.0.0.1:${ports[0]}/readyz`, caFile, 'postern-server'], 0],
    [[`https://127.0.0.1:${ports[0]}/readyz`, caFile, 'another-server'], 1],
    [['--connected-to', String(balancer.port)], 0],
    [['--connected-to', '1'], 1],
  ] as const) {
    const probed = await runScript(process.execPath, [PROBE, ...args])
    assert.equal(probed.code, code, `${args.join(' ')}: ${probed.stderr}`)
  }

  const stop = new AbortController()
  stack.defer(() => stop.abort())
  const calling = Array.from({ length: CALLERS }, () => keepCalling(caller, String(id), stop.signal))
  // Seen at once, wherever it happens.
  const failed = Promise.all(calling).then(() => new Promise<never>(() => {}))
  const node = (await hasGateway(first)) ? first : second
  const stopped = node.process().kill()
  const isLeft = async () => (await balancer.ready()) === 1
  await Promise.race([eventually('HAProxy leaves it alone', isLeft), failed])
  assert.equal(node.process().child.exitCode, null, 'it still serves')
  assert.ok(!node.process().output().includes('"msg":"stopped"'))
  assert.equal(await Promise.race([stopped, failed]), 0)
  await Promise.race([node.start(), failed])
  const before = (await readFile(balancer.log, 'utf8')).length
  const called = new RegExp(`callers/server-${nodes.indexOf(node) + 1} `)
  const isCalled = async () => called.test((await readFile(balancer.log, 'utf8')).slice(before))
  await Promise.race([eventually('it gets calls again', isCalled), failed])
  stop.abort()
  const done = await Promise.all(calling)
  assert.ok(
    done.every((calls) => calls > 0),
    `calls: ${done.join(', ')}`,
  )
  assert.equal(gateway.output().split('"msg":"connected"').length, 3, 'the gateway has changed its server')
  const log = await readFile(balancer.log, 'utf8')
  assert.match(log, / gateways\/server-\d .* GET \/link$/m)
  assert.doesNotMatch(log, /Signature|AccessKeyId/)

  // Waits for longer than the servers live: its gateway is away. On a connection of its own, because HAProxy closes one that
  // had answers before, without a word, so that its owner tries again.
  await gateway.kill()
  const task = await caller.call('CreateGetDBListFromAgentTask', { BackupGatewayId: String(id), DatabaseType: 'MySQL' })
  const other = stack.use(tlsCaller({ url, ca: await cluster.read('ca.pem'), key, localAddress: CALLER }))
  const read = { TaskId: String(task.body['TaskId']), WaitSeconds: '20' }
  const cut = Promise.allSettled([other.call('GetDBListFromAgent', read)])
  const waits = async () =>
    (await Promise.all(nodes.map(({ metrics }) => metrics()))).some((text) => WAITING.test(text))
  await eventually('it waits', waits)
  for (const each of nodes) await each.process().kill('SIGKILL')
  const [ended] = await cut
  assert.equal(ended.status, 'fulfilled')
  assert.deepEqual([ended.value.status, ended.value.body['Code']], [502, 'ServiceUnavailable'])
  const refused = await caller.call('DescribeBackupGatewayList')
  assert.deepEqual([refused.status, refused.body['Code']], [503, 'ServiceUnavailable'])
  await eventually('HAProxy says so itself', async () => (await balancer.ready()) === 0)
})

const linesOf = (nodes: readonly Node[], text: string) =>
  nodes.flatMap((node) => node.process().output().split('\n')).filter((line) => line.includes(text))

const WAITING = /^postern_readers_waiting 1$/m

const hasGateway = async (node: Node) => /^postern_gateways_connected 1$/m.test(await node.metrics())
