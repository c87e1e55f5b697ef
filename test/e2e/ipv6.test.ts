import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const hasLoopback = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)
const skip =
  (!hasLoopback && 'this machine has no IPv6 loopback') ||
  (findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)')

test('server, gateway, client and database over IPv6', { skip }, async () => {
  await using folder = await tempFolder()
  const file = (name: string) => join(folder.path, name)
  await using mariadb = await startMariadb()
  await mariadb.query('CREATE DATABASE shop')
  await mariadb.query("CREATE USER lister@'127.0.0.1' IDENTIFIED BY 'secret'")
  await mariadb.query("GRANT SHOW DATABASES ON *.* TO lister@'127.0.0.1'")
  await using database = await forwarderTo(mariadb.port)

  const listen = ['--listen', '[::1]:0', '--drain-grace', '0']
  await using server = startPostern(['server', '--data', file('data'), ...listen])
  const { address } = z.object({ address: z.string() }).parse(JSON.parse(await server.line('"msg":"listening"')))
  assert.match(address, /^\[::1\]:/)
  const url = `http://${address}`
  const connection = ['--endpoint', url, '--key-file', file('data/root-access-key.json')]
  const token = await postern(['gateway', 'token', ...connection])
  assert.equal(token.code, 0, token.stderr)
  const enrolled = await postern(['gateway', 'enroll', '--server', url, '--data', file('gateway')], {
    env: { POSTERN_ENROLLMENT_TOKEN: token.stdout.trim() },
  })
  assert.equal(enrolled.code, 0, enrolled.stderr)

  const endpoint = `{ engine: MariaDB, host: "::1", port: ${database.port}, user: lister, password: secret, tls: { mode: off } }`
  await writeFile(file('gateway.yaml'), `endpoints:\n  - ${endpoint}\n`, { mode: 0o600 })
  await using gateway = startPostern(['gateway', 'run', '--data', file('gateway'), '--config', file('gateway.yaml')])
  await gateway.line('"msg":"connected"')
  const gateways = await postern(['gateway', 'list', '--output', 'json', ...connection])
  const [first] = z.array(z.object({ BackupGatewayId: z.string() })).parse(JSON.parse(gateways.stdout))
  assert.ok(first)
  // One address has many spellings.
  for (const host of ['::1', '0:0:0:0:0:0:0:1']) {
    const where = ['--gateway', first.BackupGatewayId, '--engine', 'MariaDB', '--host', host]
    const more = ['--port', String(database.port), '--output', 'names', ...connection]
    const listed = await postern(['databases', ...where, ...more])
    assert.deepEqual([listed.stdout, listed.stderr], ['shop\n', ''])
  }
})

/** What listens on ::1 for a server that listens on 127.0.0.1. */
async function forwarderTo(port: number) {
  const server: Server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => one.destroy()).on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
