import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { z } from 'zod'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { type ApiClient, createApiClient } from '../../src/cli/api-client.ts'
import { send } from '../api/running-api.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { DBS, startServer, type TestServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'
const KEY = { perSecond: 8, burst: 6 }
const ACCOUNT = { perSecond: 10, burst: 8 }
const CONFIG = `throttle: { perKey: ${JSON.stringify(KEY)}, perAccount: ${JSON.stringify(ACCOUNT)} }\n`
const HAMMER_MS = 2_000
/** Of one caller at one server. */
const AT_A_TIME = 2

type Servers = Awaited<ReturnType<typeof twoServers>>

/** What a bucket lets through in so long. */
const most = ({ perSecond, burst }: typeof KEY, ms: number) => burst + (ms * perSecond) / 1000

/** Over one database and with one key file. */
async function twoServers() {
  await using opening = new AsyncDisposableStack()
  const { path: folder } = opening.use(await tempFolder())
  const database = opening.use(await startPostgresql())
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  const url = `postgres://postgres:${database.rootPassword}@127.0.0.1:${database.port}/postgres`
  const options = { config: CONFIG, command: { env: { POSTERN_STORE: url } } }
  await mkdir(one)
  const first = opening.use(await startServer(one, options))
  await mkdir(join(two, 'server'), { recursive: true, mode: 0o700 })
  for (const name of ['secret.key', 'root-access-key.json'])
    await copyFile(join(first.data, name), join(two, 'server', name))
  const second = opening.use(await startServer(two, options))
  const open = opening.move()
  return { first, second, folder, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

async function hammer(client: ApiClient, until: number): Promise<{ calls: number; passed: number }> {
  const counts = { calls: 0, passed: 0 }
  const one = async () => {
    while (performance.now() < until) {
      const { status, body } = await client.call('DescribeRegions', { version: DBS, params: {} })
      counts.calls++
      if (status === 200) counts.passed++
      else assert.equal(body['ErrCode'], 'Throttling.User', JSON.stringify(body))
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, one))
  return counts
}

const sum = (all: readonly { calls: number; passed: number }[], what: 'calls' | 'passed') =>
  all.reduce((total, each) => total + each[what], 0)

test('two servers on one database', { skip }, async (t) => {
  await using servers = await twoServers()
  await t.test(
    'row 7: a change is made once, whichever gets the request; a read is answered once by each at most',
    () => replay(servers),
  )
  await t.test('row 36: together they let a key and an account call as often as one would', (context) =>
    hammerBoth(servers, context),
  )
})

async function hammerBoth({ first, second, folder }: Servers, context: TestContext): Promise<void> {
  const made = await first.call('CreateAccessKey', {}, '2015-05-01')
  const keyFile = join(folder, 'second-key.json')
  await writeFile(keyFile, JSON.stringify(z.object({ AccessKey: z.object({}).loose() }).parse(made.body).AccessKey))
  const clients = async (file: string) =>
    Promise.all([first, second].map((server) => createApiClient({ endpoint: server.url, keyFile: file }, {})))
  const callers = [await clients(first.keyFile), await clients(keyFile)]

  const began = performance.now()
  const counts = await Promise.all(
    callers.map((each) => Promise.all(each.map((client) => hammer(client, began + HAMMER_MS)))),
  )
  const ms = performance.now() - began
  context.diagnostic(JSON.stringify({ ms: Math.round(ms), counts }))
  // The clock of the database counts whole milliseconds.
  for (const each of counts) assert.ok(sum(each, 'passed') <= most(KEY, ms + 1), 'of a key')
  const [calls, passed] = [sum(counts.flat(), 'calls'), sum(counts.flat(), 'passed')]
  const allowed = most(ACCOUNT, ms + 1)
  assert.ok(passed <= allowed, `${passed} of ${allowed} calls of the account`)
  // A server that cannot get at the processor does not get at calls either.
  assert.ok(passed >= Math.min(calls, allowed) / 2, `${passed} of ${Math.min(calls, allowed)} calls`)
}

async function replay({ first, second }: Servers): Promise<void> {
  const key = { accessKeyId: first.accessKey.AccessKeyId, secret: first.accessKey.AccessKeySecret }
  const signed = (params: Record<string, string>) => {
    const moment = { method: 'GET', time: Date.now(), nonce: randomUUID() } as const
    const text = encodeParameters(signedParametersV1(params, key, moment))
    return async (server: TestServer) => {
      const { Code: code } = (await send(`${server.url}/?${text}`)).body
      return typeof code === 'string' ? code : 'fine'
    }
  }
  const change = signed({ Action: 'CreateUser', Version: '2015-05-01', UserName: 'ann' })
  assert.deepEqual((await Promise.all([first, second].map(change))).toSorted(), ['SignatureNonceUsed', 'fine'])
  assert.deepEqual([await change(first), await change(second)], ['SignatureNonceUsed', 'SignatureNonceUsed'])

  const read = signed({ Action: 'DescribeRegions', Version: DBS })
  assert.equal(await read(first), 'fine')
  await read(second)
  assert.deepEqual([await read(first), await read(second)], ['SignatureNonceUsed', 'SignatureNonceUsed'])
}
