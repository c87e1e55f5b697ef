import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../fixtures/eventually.ts'
import { startNotifySocket, withoutNotifySocket } from '../fixtures/notify-socket.ts'
import { enrollGateway, startServer } from '../fixtures/postern.ts'
import { startPostern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = withoutNotifySocket
/** Fed at half of it. */
const WATCHDOG_MS = 2_000

test('the server tells systemd that it listens, that it is alive and that it stops', { skip }, async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('notify')).path
  const systemd = stack.use(await startNotifySocket(folder))
  const env = { NOTIFY_SOCKET: systemd.path, WATCHDOG_USEC: String(WATCHDOG_MS * 1_000), WATCHDOG_PID: '' }
  const server = stack.use(await startServer(folder, { command: { env } }))
  await systemd.receiver.line(' READY=1')
  await systemd.receiver.line(` STATUS=listening on ${new URL(server.url).host}`)

  await eventually('two signs of life', () => systemd.times('WATCHDOG=1').length >= 2)
  const { child } = server.process()
  // A process that is stopped is as silent as one that hangs; systemd would have ended it by now.
  child.kill('SIGSTOP')
  const stopped = performance.now()
  await eventually('time for three more', () => performance.now() - stopped > 1.6 * WATCHDOG_MS)
  child.kill('SIGCONT')
  const before = systemd.times('WATCHDOG=1').length
  await eventually('alive again', () => systemd.times('WATCHDOG=1').length > before)
  const times = systemd.times('WATCHDOG=1')
  const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) * 1_000)
  assert.ok(Math.max(...gaps) > 1.2 * WATCHDOG_MS, `no sign of life while it hung: ${gaps.join(', ')}`)

  await server.process().kill()
  await systemd.receiver.line(' STOPPING=1')
  assert.equal(systemd.times('READY=1').length, 1)
})

test('a gateway is ready when it has begun to try, and its status says why it is not connected', { skip }, async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('notify')).path
  const systemd = stack.use(await startNotifySocket(folder))
  const server = stack.use(await startServer(folder))
  const { data } = await enrollGateway(server, folder)
  await server.process().kill()
  const config = join(folder, 'gateway.yaml')
  await writeFile(config, 'endpoints: []\n', { mode: 0o600 })
  const env = { NOTIFY_SOCKET: systemd.path }
  const gateway = stack.use(startPostern(['gateway', 'run', '--data', data, '--config', config], { env }))
  await systemd.receiver.line(' READY=1')
  await systemd.receiver.line(' STATUS=no connection to the server, trying again: connect ECONNREFUSED')
  await server.start()
  await systemd.receiver.line(' STATUS=connected')
  await gateway.kill()
  await systemd.receiver.line(' STOPPING=1')
  assert.equal(systemd.times('READY=1').length, 1)
  assert.equal(systemd.times('WATCHDOG=1').length, 0, 'nobody asked for it')
})

test('without systemd-notify the server runs, and warns once', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('notify')).path
  const env = { NOTIFY_SOCKET: join(folder, 'notify'), WATCHDOG_USEC: '200000', WATCHDOG_PID: '', PATH: folder }
  const server = stack.use(await startServer(folder, { command: { env } }))
  const warning = 'systemd-notify cannot be run'
  await server.process().line(warning)
  await server.process().kill()
  assert.equal(server.process().output().split(warning).length, 2)
})
