import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { XMLParser } from 'fast-xml-parser'
import { z } from 'zod'
import { EXIT } from '../../src/cli/exit-code.ts'
import { xmlCall } from '../api/xml-call.ts'
import { measurable, measure, readMeasured } from '../fixtures/measure-process.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { listBody } from '../fixtures/mongodb-messages.ts'
import { namesOf, startGateway, startServer, type TestGateway, type TestServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const COUNT = 100_000
const OWN = '2026-12-01'
/** Of a machine with nothing else to do 2 s; here all tests run at the same time. */
const DEADLINE_MS = 30_000
/** Old space of each process: each begins with some 30 MiB, and a list of 100,000 records in it takes some 15. */
const HEAP_MIB = 96
/** Young space, code and buffers come on top of what the old space is bounded to. */
const MOST_GROWTH_MIB = 160
/** Of a machine with nothing else to do 100 ms, of which some are the garbage collector's; other tests have the processors too. */
const MOST_STOP_MS = 2_000
const READERS = 10
/** For a signed call of somebody else; with nothing else to do 150 ms. */
const MOST_WAIT_MS = 5_000

/** Not in their order, as a server may give them. */
const names = Array.from({ length: COUNT }, (_, i) => {
  const number = String((i * 7919) % COUNT).padStart(6, '0')
  return [`tenant_${number}`, `\u{1f600}_${number}`, `\uff21"<&>'_${number}`, `kund\u00e9-${number}`][i % 4] ?? ''
})
const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

const page = z.object({
  Databases: z.object({ Database: z.array(z.object({ Name: z.string() })) }),
  TotalCount: z.number(),
  NextToken: z.string().optional(),
})

describe(`${COUNT} databases of one server, through a real server and gateway`, () => {
  const resources = new AsyncDisposableStack()
  let server: TestServer
  let gateway: TestGateway
  let task: string
  let where: Record<string, string>

  before(async () => {
    const folder = resources.use(await tempFolder()).path
    const body = listBody(names.map((name) => Buffer.from(name)))
    const few = listBody([Buffer.from('crm')])
    let short = true
    const database = resources.use(
      await startMongodb({
        override: (command) => {
          if (command['listDatabases'] === undefined) return undefined
          const [now, next] = short ? [few, false] : [body, false]
          short = next
          return now
        },
      }),
    )
    database.script("db.getSiblingDB('admin').createUser({ user: 'lister', pwd: 'secret', roles: [] })")
    server = resources.use(await startServer(folder, { command: measurable(HEAP_MIB) }))
    const config = `endpoints:\n  - { engine: MongoDB, host: 127.0.0.1, port: ${database.port}, user: lister, password: secret, tls: { mode: off } }\n`
    gateway = resources.use(await startGateway(server, folder, { config, command: measurable(HEAP_MIB) }))
    where = {
      BackupGatewayId: gateway.id,
      DatabaseType: 'MongoDB',
      SourceEndpointIP: '127.0.0.1',
      SourceEndpointPort: String(database.port),
    }
    // What is loaded and compiled for the first list is no part of a large one.
    const small = await ask()
    assert.equal(small.length, 1)
  })
  after(() => resources.disposeAsync())

  const ask = async () => {
    const created = await server.call('CreateGetDBListFromAgentTask', where)
    task = String(z.object({ TaskId: z.number() }).parse(created.body).TaskId)
    const answer = await server.call('GetDBListFromAgent', { TaskId: task, WaitSeconds: '25' })
    assert.equal(answer.body['Success'], true, JSON.stringify(answer.body).slice(0, 500))
    return namesOf(answer)
  }
  /** Runs the work and bounds what it cost the two processes. */
  const bounded = async (t: { diagnostic(text: string): void }, work: () => Promise<void>, readers = 1) => {
    const earlier = [await measure(server.process()), await measure(gateway.process())]
    const began = performance.now()
    await work()
    const ms = Math.round(performance.now() - began)
    const later = [await measure(server.process()), await measure(gateway.process())]
    const costs = ['server', 'gateway'].map((name, i) => ({
      name,
      grown: (later[i]?.peakRss ?? 0) - (earlier[i]?.rss ?? 0),
      stop: later[i]?.loopMs ?? 0,
    }))
    t.diagnostic(
      `${ms} ms; ${costs.map(({ name, grown, stop }) => `${name} +${grown} MiB, event loop stopped for ${stop} ms`).join('; ')}`,
    )
    assert.ok(ms < readers * DEADLINE_MS, `${ms} ms`)
    for (const { name, grown, stop } of costs) {
      assert.ok(grown < MOST_GROWTH_MIB, `${name} grew by ${grown} MiB`)
      assert.ok(stop < MOST_STOP_MS, `${name} stood still for ${stop} ms`)
    }
  }

  test(
    'row 17: created, listed and answered in JSON, exact and by code point (peers case 10)',
    { timeout: 60_000 },
    (t) => bounded(t, async () => assert.deepEqual(await ask(), sorted)),
  )

  test('row 3: the same in XML', { timeout: 60_000 }, async (t) => {
    const { AccessKeyId: accessKeyId, AccessKeySecret: secret } = server.accessKey
    let text = ''
    await bounded(t, async () => {
      const at = { url: server.url, key: { accessKeyId, secret } }
      text = (await xmlCall(at, 'GetDBListFromAgent', { TaskId: task })).text
    })
    const found = [...text.matchAll(/<dbName>(.*?)<\/dbName>/g)].map(([, name = '']) => name)
    assert.equal(found.length, COUNT)
    const parser = new XMLParser({ parseTagValue: false, processEntities: { maxTotalExpansions: 1e6 } })
    const parsed: unknown = parser.parse(
      `<r>${found
        .slice(-1000)
        .map((name) => `<n>${name}</n>`)
        .join('')}</r>`,
    )
    assert.deepEqual(z.object({ r: z.object({ n: z.array(z.string()) }) }).parse(parsed).r.n, sorted.slice(-1000))
  })

  test('row 3: ten readers of the whole list in XML at a time, and every other caller is answered meanwhile', {
    timeout: 120_000,
  }, async (t) => {
    const { AccessKeyId: accessKeyId, AccessKeySecret: secret } = server.accessKey
    const at = { url: server.url, key: { accessKeyId, secret } }
    const waits: number[] = []
    await bounded(
      t,
      async () => {
        const done = new AbortController()
        const readers = Promise.all(
          Array.from({ length: READERS }, () => xmlCall(at, 'GetDBListFromAgent', { TaskId: task })),
        ).finally(() => done.abort())
        while (!done.signal.aborted) {
          const began = performance.now()
          assert.equal((await server.call('DescribeBackupGatewayList', {})).status, 200)
          waits.push(performance.now() - began)
          // Somebody who calls now and then, not one who takes the processor from the readers.
          await setTimeout(50)
        }
        const texts = await readers
        assert.equal(new Set(texts.map(({ text }) => text.replace(/<RequestId>.*?<\/RequestId>/, ''))).size, 1)
        assert.equal([...(texts[0]?.text ?? '').matchAll(/<dbName>/g)].length, COUNT)
      },
      READERS,
    )
    const longest = Math.round(Math.max(...waits))
    t.diagnostic(`${waits.length} other calls, each within ${longest} ms`)
    assert.ok(waits.length >= 3, `${waits.length} other calls`)
    assert.ok(longest < MOST_WAIT_MS, `${longest} ms`)
  })

  test('DescribeDatabases: pages of 1,000, each name once', { timeout: 60_000 }, async (t) => {
    const found: string[] = []
    await bounded(t, async () => {
      let next: string | undefined
      do {
        const params = { TaskId: task, MaxResults: '1000', ...(next !== undefined && { NextToken: next }) }
        const { Databases, TotalCount, NextToken } = page.parse(
          (await server.call('DescribeDatabases', params, OWN)).body,
        )
        assert.equal(TotalCount, COUNT)
        found.push(...Databases.Database.map(({ Name }) => Name))
        next = NextToken
      } while (next !== undefined && found.length <= COUNT)
    })
    assert.deepEqual(found, sorted)
  })

  test('postern databases: one name a line, in bounded memory of its own', { timeout: 60_000 }, async (t) => {
    const args = ['databases', '--gateway', gateway.id, '--engine', 'MongoDB', '--output', 'names']
    await bounded(t, async () => {
      const listed = await postern(
        [...args, '--endpoint', server.url, '--key-file', server.keyFile],
        measurable(HEAP_MIB),
      )
      assert.equal(listed.code, EXIT.done, listed.stderr)
      assert.deepEqual(listed.stdout.split('\n'), [...sorted, ''])
      const { peakRss, loopMs } = readMeasured(listed.stderr)
      t.diagnostic(`the command: ${peakRss} MiB in all, event loop stopped for ${loopMs} ms`)
      assert.ok(peakRss < 300, `${peakRss} MiB`)
    })
  })
})
