import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { makeAuthority } from '../fixtures/certificates.ts'
import { listDatabases, namesOf, startGateway, startServer } from '../fixtures/postern.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = !findRedis() && 'Redis is not on this machine (Debian: redis-server)'
const listed = z.object({
  Visibility: z.string(),
  Warnings: z.object({ Warning: z.array(z.object({ Code: z.string(), Grant: z.string().optional() })) }),
})

test('row 17: a Redis in clear, with a limited user and over TLS: databases that hold keys, by number', {
  skip,
}, async () => {
  await using folder = await tempFolder()
  const authority = makeAuthority()
  await writeFile(join(folder.path, 'ca.pem'), authority.certificate)
  await using plain = await startRedis()
  await using limited = await startRedis()
  await using secure = await startRedis({ tls: authority.issue(['127.0.0.1']) })
  for (const redis of [plain, limited, secure]) {
    for (const number of ['10', '0', '9']) await redis.command('-n', number, 'SET', 'key', 'value')
  }
  await limited.command('ACL', 'SETUSER', 'lister', 'on', '>secret', '-@all', '+info')
  await using server = await startServer(folder.path)
  await using gateway = await startGateway(server, folder.path, {
    config: `endpoints:
  - { engine: Redis, host: 127.0.0.1, port: ${plain.port}, user: default, password: ${plain.rootPassword}, tls: { mode: off } }
  - { engine: Redis, host: 127.0.0.1, port: ${limited.port}, user: lister, password: secret, tls: { mode: off } }
  - { engine: Redis, host: 127.0.0.1, port: ${secure.tlsPort}, user: default, password: ${secure.rootPassword}, tls: { caFile: ca.pem } }
`,
  })
  const ask = async (port: number) => {
    const where = { DatabaseType: 'redis', SourceEndpointIP: '127.0.0.1', SourceEndpointPort: String(port) }
    const { answer } = await listDatabases(server, { BackupGatewayId: gateway.id, ...where })
    assert.equal(answer.body['Success'], true, JSON.stringify(answer.body))
    assert.deepEqual(namesOf(answer), ['db0', 'db9', 'db10'])
    return listed.parse(answer.body)
  }
  for (const port of [plain.port, secure.tlsPort]) {
    assert.deepEqual(await ask(port), { Visibility: 'complete', Warnings: { Warning: [] } })
  }
  const { Warnings } = await ask(limited.port)
  assert.deepEqual(Warnings.Warning, [{ Code: 'Redis.PingNotAllowed', Grant: 'ACL SETUSER lister +ping' }])
})
