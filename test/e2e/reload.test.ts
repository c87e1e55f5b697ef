import assert from 'node:assert/strict'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { z } from 'zod'
import { makeAuthority } from '../fixtures/certificates.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startGateway, startServer } from '../fixtures/postern.ts'
import { type Running, startPostern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const said = (running: Running, text: string) => running.output().split(text).length - 1

/** Waits for what a signal or a change leads to, and not for what was said before. */
async function untilSaid(running: Running, text: string, act: () => void | Promise<void>): Promise<string> {
  const from = running.output().length
  await act()
  for (;;) {
    const line = running
      .output()
      .slice(from)
      .split('\n')
      .find((each) => each.includes(text))
    if (line !== undefined) return line
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        running.child.stderr?.off('data', heard)
        reject(new Error(`"${text}" was not said:\n${running.output()}`))
      }, 20_000)
      const heard = () => {
        clearTimeout(timer)
        resolve()
      }
      running.child.stderr?.once('data', heard)
    })
  }
}

const BROKEN = 'the settings are broken: the ones before them count'
const RELOADED = 'the settings were reloaded'

test('a renewed certificate is used from then on, a broken one changes nothing, and open connections stay', async () => {
  await using folder = await tempFolder('reload')
  const file = (name: string) => join(folder.path, name)
  const authority = makeAuthority()
  const issue = (commonName: string) => authority.issue(['127.0.0.1'], { commonName })
  const replace = async (name: string, text: string) => {
    await writeFile(file(`${name}.new`), text, { mode: 0o600 })
    await rename(file(`${name}.new`), file(name))
  }
  const [first, second, third] = [issue('first'), issue('second'), issue('third')]
  await replace('tls.crt', first.certificate)
  await replace('tls.key', first.key)
  const port = await freePort()
  await writeFile(file('server.yaml'), `listen: 127.0.0.1:${port}\ntlsCert: tls.crt\ntlsKey: tls.key\n`)
  // A machine that would take older versions of TLS.
  const nodeArgs = ['--tls-min-v1.0', '--tls-cipher-list=DEFAULT@SECLEVEL=0']
  await using server = startPostern(['server', '--data', file('data'), '--config', file('server.yaml')], { nodeArgs })
  await server.line('"msg":"listening"')
  const dial = async (options: { maxVersion?: 'TLSv1.1' } = {}) => {
    const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const socket = connect({ host: '127.0.0.1', port, ca: authority.certificate, ...old, ...options })
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    return socket
  }
  const nameNow = async () => {
    const socket = await dial()
    const name = socket.getPeerCertificate().subject.CN
    socket.destroy()
    return name
  }
  const open = await dial()
  assert.equal(await nameNow(), 'first')
  await assert.rejects(dial({ maxVersion: 'TLSv1.1' }), /alert protocol version/)

  // By itself, as a renewal writes them: one after the other.
  await untilSaid(server, RELOADED, async () => {
    await replace('tls.crt', second.certificate)
    await replace('tls.key', second.key)
  })
  assert.equal(await nameNow(), 'second')

  // A key of another certificate, then none at all.
  await replace('tls.key', third.key)
  const broken = await untilSaid(server, BROKEN, () => void server.child.kill('SIGHUP'))
  assert.match(broken, /"level":50/)
  assert.match(broken, /server\.yaml:3:9: `tlsKey` does not belong to the certificate/)
  assert.equal(await nameNow(), 'second')
  await replace('tls.key', 'nonsense')
  await untilSaid(server, '`tlsKey` is not a private key in PEM', () => void server.child.kill('SIGHUP'))
  assert.equal(await nameNow(), 'second')
  await untilSaid(server, RELOADED, async () => {
    await replace('tls.crt', third.certificate)
    await replace('tls.key', third.key)
  })
  assert.equal(await nameNow(), 'third')
  await assert.rejects(dial({ maxVersion: 'TLSv1.1' }), /alert protocol version/)
  assert.match(await getOver(open), /^HTTP\/1\.1 200 [^]*strict-transport-security: max-age=/i)
  await server.kill()
})

async function getOver(socket: TLSSocket): Promise<string> {
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

test('settings change while the server runs; what cannot is warned of, what is broken changes nothing', async () => {
  await using folder = await tempFolder('reload')
  const config = join(folder.path, 'server.yaml')
  await writeFile(config, 'publicUrl: https://one.example\n')
  await using server = await startServer(folder.path, { args: ['--config', config] })
  const running = server.process()
  const reload = async (text: string, answer = RELOADED) => {
    await writeFile(config, text)
    return untilSaid(running, answer, () => void running.child.kill('SIGHUP'))
  }
  const get = async (headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/?Action=x`, { headers })
    const { Recommend } = z.object({ Recommend: z.string() }).parse(await response.json())
    return { url: new URL(Recommend).origin, strict: response.headers.get('strict-transport-security') }
  }
  assert.deepEqual(await get({ 'x-forwarded-proto': 'https' }), { url: 'https://one.example', strict: null })
  await reload('publicUrl: https://two.example\nbehindProxy: [127.0.0.1]\n')
  const proxied = await get({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' })
  assert.deepEqual(proxied, { url: 'https://two.example', strict: 'max-age=31536000' })
  assert.equal((await get({ 'x-forwarded-proto': 'https, http' })).strict, null)
  assert.match(running.output(), /"address":"203\.0\.113\.9"/)

  const broken = await reload('publicUrl: https://three.example\nbehindProxy: [nowhere]\n', BROKEN)
  assert.match(broken, /server\.yaml:2:15: .*must be an address or a range/)
  assert.equal((await get()).url, 'https://two.example')

  await reload('metricsListen: 127.0.0.1:1\nlogLevel: debug\n')
  assert.match(running.output(), /metricsListen has changed: that counts after a restart/)
  assert.doesNotMatch(running.output(), /listen has changed/)
  assert.equal((await get()).url, new URL(server.url).origin)

  // The window of the timestamp, in the configuration alone.
  await reload('timestampWindowMinutes: 60\n')
  assert.equal((await server.call('DescribeBackupGatewayList')).status, 200)
})

test('the log level is switched by a signal and back, and changes with the file unless the command line has it', async () => {
  await using folder = await tempFolder('reload')
  const config = join(folder.path, 'server.yaml')
  await writeFile(config, '{}\n')
  await using server = await startServer(folder.path, { args: ['--config', config] })
  const running = server.process()
  const answered = async () => {
    const before = said(running, '"msg":"answered"')
    await server.call('DescribeBackupGatewayList')
    // A refusal is logged at info, after the answer before it.
    await untilSaid(running, '"msg":"refused"', async () => void (await fetch(`${server.url}/?Action=x`)))
    return said(running, '"msg":"answered"') - before
  }
  assert.equal(await answered(), 0)
  const on = await untilSaid(running, 'switched by SIGUSR2', () => void running.child.kill('SIGUSR2'))
  assert.match(on, /"level":40.*"level":"debug"/)
  assert.equal(await answered(), 1)
  await untilSaid(running, 'switched by SIGUSR2', () => void running.child.kill('SIGUSR2'))
  assert.equal(await answered(), 0)
  await writeFile(config, 'logLevel: debug\n')
  await untilSaid(running, RELOADED, () => void running.child.kill('SIGHUP'))
  assert.equal(await answered(), 1)
})

test('a gateway reads its configuration again at SIGHUP, keeps the one before a broken one, and switches its log', async () => {
  await using folder = await tempFolder('reload')
  await using server = await startServer(folder.path)
  const config = 'endpoints:\n  - { engine: MySQL, host: db, user: u }\n'
  await using gateway = await startGateway(server, folder.path, { config })
  const running = gateway.process()
  const hangUp = () => void running.child.kill('SIGHUP')
  await untilSaid(running, 'the configuration was reloaded', hangUp)
  await writeFile(gateway.configFile, 'endpoints:\n  - { engine: MySQL, hots: db, user: u }\n')
  const broken = await untilSaid(running, 'the configuration is broken: the one before it counts', hangUp)
  assert.match(broken, /"level":50/)
  assert.match(broken, /gateway\.yaml:2:22: unknown key `hots`/)
  await untilSaid(running, 'switched by SIGUSR2', () => void running.child.kill('SIGUSR2'))
  await writeFile(gateway.configFile, config)
  const again = await untilSaid(running, 'the configuration was reloaded', hangUp)
  assert.match(again, /"endpoints":1/)
  assert.equal(await running.kill(), 0)
})
