import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MongoClient, type MongoClientOptions } from 'mongodb'
import { z } from 'zod'
import { makeAuthority } from '../fixtures/certificates.ts'
import { type MongodbOptions, type MongodbServer, startMongodb } from '../fixtures/mongodb.ts'

/** What the vendor's own driver makes of the stand-in: it proves the stand-in, not the engine. */
async function withDriver<T>(
  server: MongodbServer,
  options: MongoClientOptions,
  work: (client: MongoClient) => Promise<T>,
): Promise<T> {
  const address = `mongodb://127.0.0.1:${server.port}/`
  const client = new MongoClient(address, { directConnection: true, serverSelectionTimeoutMS: 1000, ...options })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

async function start(options: MongodbOptions = {}) {
  const server = await startMongodb(options)
  server.createDatabase('shop')
  server.script('db.getSiblingDB("admin").createUser({ user: "limited", pwd: "s3cret", roles: [] })')
  server.script('db.getSiblingDB("admin").createUser({ user: "lister", pwd: "s3cret", roles: ["l"] })')
  server.script(
    'db.getSiblingDB("admin").createRole({ role: "l", privileges: [{ resource: { cluster: true }, actions: ["listDatabases"] }] })',
  )
  return server
}

const as = (username: string, password = 's3cret') => ({ auth: { username, password } })
const everything = (client: MongoClient) => client.db('admin').command({ listDatabases: 1, authorizedDatabases: false })
const answered = z.object({ databases: z.array(z.object({ name: z.string() })) })
const list = async (client: MongoClient) =>
  answered.parse(await client.db('admin').command({ listDatabases: 1, nameOnly: true }))

for (const authMechanism of ['DEFAULT', 'SCRAM-SHA-256', 'SCRAM-SHA-1'] as const) {
  test(`the vendor's driver logs in to the stand-in and lists: ${authMechanism}`, async () => {
    await using server = await start()
    const { databases } = await withDriver(server, { ...as('lister'), authMechanism }, list)
    assert.deepEqual(databases, [{ name: 'admin' }, { name: 'config' }, { name: 'local' }, { name: 'shop' }])
  })
}

test("a password that is not ASCII: the vendor's driver and the stand-in prepare it in the same way", async () => {
  await using server = await startMongodb()
  const pwd = 'pa\u0308ss\u00adw\u2168rt\u00a0中'
  server.script(`db.getSiblingDB("admin").createUser({ user: "odd", pwd: ${JSON.stringify(pwd)}, roles: [] })`)
  for (const typed of [pwd, 'pässwIXrt 中']) {
    const authMechanism = 'SCRAM-SHA-256'
    assert.deepEqual(await withDriver(server, { ...as('odd', typed), authMechanism }, list), { databases: [] })
  }
})

test("the vendor's driver is refused with the vendor's numbers", async () => {
  await using server = await start()
  await assert.rejects(withDriver(server, as('lister', 'wrong'), list), { code: 18 })
  await assert.rejects(withDriver(server, as('nobody', 'wrong'), list), { code: 18 })
  await assert.rejects(withDriver(server, {}, list), { code: 13 })
  await assert.rejects(withDriver(server, as('limited'), everything), { code: 13 })
  const { databases } = await withDriver(server, as('limited'), list)
  assert.deepEqual(databases, [])
  await assert.rejects(
    withDriver(server, as('lister'), (client) => client.db('admin').command({ frob: 1 })),
    { code: 59 },
  )
})

test("the vendor's driver takes each kind of server for what it is", async () => {
  for (const kind of ['standalone', 'primary', 'secondary', 'mongos'] as const) {
    await using server = await start({ kind })
    const read = async (client: MongoClient) =>
      answered.parse(await client.db('admin').command({ listDatabases: 1 }, { readPreference: 'secondaryPreferred' }))
    assert.equal((await withDriver(server, as('lister'), read)).databases.length, 4, kind)
  }
})

test("the vendor's driver over TLS", async () => {
  const authority = makeAuthority()
  await using server = await start({ tls: authority.issue(['127.0.0.1']), requireTls: true })
  const { databases } = await withDriver(server, { ...as('lister'), tls: true, ca: authority.certificate }, list)
  assert.equal(databases.length, 4)
  await assert.rejects(withDriver(server, { ...as('lister'), tls: true }, list), /certificate|self-signed/)
  await assert.rejects(withDriver(server, as('lister'), list))
})

test("MONGODB-X509: the vendor's driver logs in by its certificate, and by no other", async () => {
  const authority = makeAuthority()
  const tls = authority.issue(['127.0.0.1'])
  const issue = (by = authority) => by.issue(['gateway.test'], { commonName: 'postern', organization: 'Plant 7' })
  await using server = await startMongodb({ tls, clientAuthority: authority.certificate })
  const log = (client: ReturnType<typeof issue> | undefined, username?: string) => {
    const shown = client === undefined ? {} : { cert: client.certificate, key: client.key }
    const auth = username === undefined ? {} : { auth: { username, password: '' } }
    const options = { tls: true, ca: authority.certificate, authMechanism: 'MONGODB-X509', ...auth, ...shown } as const
    return withDriver(server, options, list)
  }
  await assert.rejects(log(issue()), { code: 11 })
  server.script('db.getSiblingDB("$external").createUser({ user: "CN=postern,O=Plant 7", roles: [] })')
  assert.deepEqual(await log(issue()), { databases: [] })
  assert.deepEqual(await log(issue(), 'CN=postern,O=Plant 7'), { databases: [] })
  await assert.rejects(log(issue(), 'O=Plant 7,CN=postern'), { code: 18 })
  await assert.rejects(log(undefined), { code: 18 })
  await assert.rejects(log(issue(makeAuthority('Stranger'))), { code: 18 })
})
