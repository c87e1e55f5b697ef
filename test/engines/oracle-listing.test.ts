import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { oracleEngine } from '../../src/engines/oracle.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { type OracleOptions, type OracleServer, startOracle } from '../fixtures/oracle.ts'
import type { OracleUser } from '../fixtures/oracle-queries.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { type Login, openSession, PASSWORD, rejection, USER } from './engine-session.ts'

async function serverWith(options: OracleOptions = {}, user: Partial<OracleUser> = {}): Promise<OracleServer> {
  const server = await startOracle(options)
  server.users.set(USER.toUpperCase(), { password: PASSWORD, ...user })
  server.pdbs.push({ name: 'CRM', size: 2_000_000_000 }, { name: 'SHOP', openMode: 'MOUNTED' })
  server.pdbs.push({ name: 'OLD', openMode: 'READ ONLY', restricted: 'YES' })
  return server
}

async function listOn(server: OracleServer, over: Partial<Login> = {}) {
  await using session = await openSession({ engine: 'Oracle', port: server.port, ...over })
  return { ...(await session.listDatabases()), server: await session.serverInfo() }
}

const failureOn = (server: OracleServer, over: Partial<Login> = {}) => rejection(listOn(server, over))

describe('what a list of Oracle has, on a stand-in', () => {
  test('from the root: every PDB with its mode and size', async () => {
    await using server = await serverWith()
    const { databases, visibility, server: info } = await listOn(server)
    assert.equal(visibility, 'complete')
    assert.deepEqual(info, { product: 'Oracle', version: '19.16.0.0.0', role: 'primary' })
    assert.deepEqual(
      [...databases].filter(({ system }) => !system),
      [
        {
          name: 'CRM',
          kind: 'pdb',
          system: false,
          state: 'READ WRITE',
          connectable: true,
          readOnly: false,
          sizeBytes: 2_000_000_000,
        },
        {
          name: 'OLD',
          kind: 'pdb',
          system: false,
          state: 'READ ONLY',
          connectable: false,
          readOnly: true,
          sizeBytes: 1_000_000,
        },
        {
          name: 'SHOP',
          kind: 'pdb',
          system: false,
          state: 'MOUNTED',
          connectable: false,
          readOnly: false,
          sizeBytes: 1_000_000,
        },
      ],
    )
  })

  test('4000 PDBs come in several fetches', async () => {
    await using server = await serverWith()
    for (let number = 0; number < 4000; number++) server.pdbs.push({ name: `PDB${number}` })
    const { databases } = await listOn(server)
    assert.equal(databases.length, 4004)
  })

  test('without CONTAINER_DATA the list is partial, and says the statement', async () => {
    await using server = await serverWith({}, { allContainers: false })
    const { databases, visibility, warnings } = await listOn(server)
    assert.deepEqual([[...databases], visibility], [[], 'partial'])
    assert.equal(warnings[0]?.grant, `ALTER USER ${USER} SET CONTAINER_DATA=ALL CONTAINER=CURRENT`)
    assert.equal(oracleEngine.grants(USER).at(-1)?.statement, warnings[0]?.grant)
  })

  test('without V$PDBS there is no list from the root', async () => {
    await using server = await serverWith({}, { views: [] })
    const error = await failureOn(server)
    assert.equal(error.code, 'Database.PrivilegeMissing')
    assert.match(error.message, /run: GRANT SELECT ON sys\.v_\$pdbs TO gw_lister\. .*ORA-00942/)
  })

  test('a service of one PDB shows that one, and is never complete', async () => {
    for (const views of [undefined, []] as const) {
      await using server = await serverWith({ container: { pdb: 'CRM' } }, views === undefined ? {} : { views })
      const { databases, visibility, warnings } = await listOn(server)
      assert.deepEqual(
        [...databases].map(({ name, kind }) => [name, kind]),
        [['CRM', 'pdb']],
      )
      assert.deepEqual([visibility, warnings[0]?.code], ['partial', 'Oracle.OnePdb'])
    }
  })

  test('a database without containers: its name, and unknown where V$DATABASE cannot be read', async () => {
    await using server = await serverWith({ container: 'non-CDB', role: 'PHYSICAL STANDBY' })
    const whole = await listOn(server)
    assert.deepEqual([whole.visibility, whole.server.role], ['complete', 'replica'])
    assert.deepEqual(
      [...whole.databases],
      [{ name: 'ORCL', kind: 'database', system: false, state: 'READ WRITE', connectable: true, readOnly: false }],
    )
    server.users.set(USER.toUpperCase(), { password: PASSWORD, views: [] })
    const narrow = await listOn(server)
    assert.deepEqual([narrow.visibility, narrow.server.role], ['unknown', 'replica'])
    assert.deepEqual([...narrow.databases], [{ name: 'ORCL', kind: 'database', system: false }])
    assert.equal(narrow.warnings[0]?.grant, `GRANT SELECT ON sys.v_$database TO ${USER}`)
  })
})

describe('how Oracle refuses, on a stand-in', () => {
  test('a service or a SID that the listener does not know', async () => {
    await using server = await serverWith()
    const service = await failureOn(server, { serviceName: 'NOSUCH' })
    assert.equal(service.code, 'Database.NotListable')
    assert.match(service.message, /no service "NOSUCH".*change `serviceName`.*ORA-12514/)
    const sid = await failureOn(server, { sid: 'NOSID' })
    assert.equal(sid.code, 'Database.NotListable')
    assert.match(sid.message, /no SID "NOSID".*change `sid`.*ORA-12505/)
    assert.equal((await listOn(server, { sid: 'FREE' })).visibility, 'complete')
  })

  for (const [number, code] of [
    [12_516, 'Database.TooManyConnections'],
    [12_520, 'Database.TooManyConnections'],
    [12_528, 'Database.Starting'],
    [1034, 'Database.Starting'],
    [12_660, 'Database.AuthenticationUnsupported'],
    [12_599, 'Database.NotListable'],
  ] as const) {
    test(`the listener refuses with ${number}`, async () => {
      await using server = await serverWith({ listener: { refuse: number } })
      const error = await failureOn(server)
      assert.equal(error.code, code)
      assert.match(error.message, new RegExp(`ORA-0?${number}`))
    })
  }

  for (const [state, code, said] of [
    ['locked', 'Database.AccountLocked', /ORA-28000/],
    ['expired', 'Database.AccountLocked', /ORA-28001/],
    ['without CREATE SESSION', 'Database.PrivilegeMissing', /run: GRANT CREATE SESSION TO gw_lister\. .*ORA-01045/],
  ] as const) {
    test(`a user ${state}`, async () => {
      await using server = await serverWith({}, { state })
      const error = await failureOn(server)
      assert.equal(error.code, code)
      assert.match(error.message, said)
    })
  }

  test('native network encryption is named', async () => {
    await using server = await serverWith({ listener: 'native encryption' })
    const error = await failureOn(server)
    assert.equal(error.code, 'Database.AuthenticationUnsupported')
    assert.match(error.message, /native network encryption/)
  })

  for (const inNextPacket of [false, true]) {
    test(`row 31: a redirect is not followed${inNextPacket ? ', its text in a packet of its own' : ''}`, async () => {
      let dialled = 0
      await using other = await startSilentServer(() => {
        dialled++
      })
      const redirect = `(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${other.port}))`
      await using server = await serverWith({ listener: { redirect, inNextPacket } })
      const error = await failureOn(server)
      assert.equal(error.code, 'Endpoint.NotAllowed')
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1 port ${other.port}.* List that address`))
      const known = await failureOn(server, {
        configuredAs: (host, port) => (host === '127.0.0.1' && port === other.port ? 'node-2' : undefined),
      })
      assert.match(known.message, /That is the endpoint node-2: ask it/)
      assert.equal(dialled, 0)
      assert.equal(server.connects, 2)
    })
  }

  test('TLS that begins anew after the listener has handed over', async () => {
    const authority = makeAuthority()
    await using server = await serverWith({ tls: authority.issue(['127.0.0.1']), tlsAgain: true })
    const tls = { mode: 'verify', ca: authority.certificate } as const
    const steps: string[] = []
    const listed = await listOn(server, { port: server.tlsPort, tls, onStep: (step) => steps.push(step) })
    assert.equal(listed.visibility, 'complete')
    assert.deepEqual(steps.slice(0, 3), ['connect', 'tls', 'login'])
    assert.equal(server.connects, 2)
  })

  test('TNS_ADMIN does not matter', async () => {
    await using server = await serverWith()
    const before = process.env['TNS_ADMIN']
    process.env['TNS_ADMIN'] = '/no/such/folder'
    try {
      assert.equal((await listOn(server)).visibility, 'complete')
    } finally {
      if (before === undefined) delete process.env['TNS_ADMIN']
      else process.env['TNS_ADMIN'] = before
    }
  })

  test('hostile: an answer without end, and a packet of 2 GiB', async () => {
    const accept = Buffer.alloc(45)
    accept.writeUInt16BE(45, 0)
    accept[4] = 2
    accept.writeUInt16BE(318, 8)
    accept.writeUInt16BE(8192, 12)
    accept.writeUInt16BE(65_535, 14)
    accept[23] = 0x08
    accept.writeUInt32BE(8192, 32)
    accept.writeUInt32BE(2_097_152, 36)
    const endless = Buffer.alloc(8192, 0)
    endless.writeUInt32BE(8192, 0)
    endless[4] = 6
    endless[10] = 7
    const huge = Buffer.from([0x7f, 0xff, 0xff, 0xff, 6, 0, 0, 0, 0, 0])
    for (const after of [endless, huge]) {
      let sent = 0
      await using server = await startSilentServer((socket) => {
        const more = () => {
          while (!socket.destroyed && sent < 256 * 1024 * 1024) {
            sent += after.length
            if (!socket.write(after)) break
          }
        }
        socket.once('data', () => {
          socket.write(accept)
          socket.on('drain', more)
          more()
        })
      })
      const error = await rejection(openSession({ engine: 'Oracle', port: server.port, connectMs: 4000 }))
      assert.match(error.code, /^(Endpoint|Result)\./, error.message)
      assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes`)
    }
  })
})
