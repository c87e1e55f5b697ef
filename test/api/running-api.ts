import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createAccessService } from '../../src/access/access-service.ts'
import { type AccessKeys, createAccessKeys, newAccessKey } from '../../src/access/access-keys.ts'
import { type AttachedPolicy, createAuthorise } from '../../src/access/authorise.ts'
import { type ConsoleCodes, createConsoleCodes } from '../../src/access/console-codes.ts'
import { createConsoleSignIn } from '../../src/access/console-sign-in.ts'
import { createNonces, type Nonces } from '../../src/access/nonces.ts'
import type { Principal } from '../../src/access/principal.ts'
import { openSecretBox, type SecretBox } from '../../src/access/secret-box.ts'
import { encodeParameters, type SigningKey, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { createThrottle, type ThrottleRates } from '../../src/access/throttle.ts'
import { SERVER_DEFAULTS } from '../../src/cli/server-configuration.ts'
import { type AuditReader, createAuditReader } from '../../src/audit/audit-reader.ts'
import { createActions } from '../../src/api/actions.ts'
import { type ApiServer, type ApiServerOptions, type ApiSettings, createApiServer } from '../../src/api/server.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { type Log, silentLog } from '../../src/base/log.ts'
import { localBus } from '../../src/bus/local-bus.ts'
import { createFleetService, type FleetService } from '../../src/fleet/fleet-service.ts'
import { createPresence, type Presence } from '../../src/fleet/presence.ts'
import { outcomeDigest } from '../../src/model/outcome-digest.ts'
import { type AccountId, fingerprintOf, type GatewayId, rootOf, type TaskId, toAccountId } from '../../src/model/ids.ts'
import { trustedProxies } from '../../src/model/trusted-proxies.ts'
import type { DatabaseRecord, Outcome } from '../../src/model/listing.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { createGatewayHistory, type GatewayHistory } from '../../src/fleet/gateway-history.ts'
import { createTaskStatistics, type TaskStatistics } from '../../src/tasks/task-statistics.ts'
import { createTaskService, type TaskService } from '../../src/tasks/task-service.ts'
import { createTaskWaiters } from '../../src/tasks/task-waiters.ts'
import { assertDeclared } from './declared-answer.ts'
import { keepsAll } from '../fixtures/keeps-all.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { createRecentTasks } from '../../src/tasks/recent-tasks.ts'

const WINDOW_MS = SERVER_DEFAULTS.timestampWindowMinutes * 60_000
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export interface CallOptions {
  readonly version?: string
  readonly method?: 'GET' | 'POST'
  readonly key?: SigningKey
  readonly nonce?: string
  /** Milliseconds; by default now. */
  readonly time?: number
  readonly signal?: AbortSignal
}

export interface RunningApi extends AsyncDisposable {
  readonly server: ApiServer
  readonly port: number
  readonly url: string
  readonly account: AccountId
  readonly key: SigningKey
  /** Of the store. */
  readonly folder: string
  readonly store: Store
  readonly box: SecretBox
  readonly accessKeys: AccessKeys
  readonly nonces: Nonces
  readonly tasks: TaskService
  readonly fleet: FleetService
  readonly presence: Presence
  readonly consoleCodes: ConsoleCodes
  readonly reader: AuditReader
  readonly history: GatewayHistory
  readonly statistics: TaskStatistics
  /** A signed request of the account's root. */
  call(action: string, params?: Record<string, string>, options?: CallOptions): Promise<Answer>
  /** Another account with its root key. */
  addAccount(): Promise<{ account: AccountId; key: SigningKey }>
  addGateway(options?: { account?: AccountId; region?: string; name?: string }): Promise<GatewayId>
  /** What a gateway would do: claims all that waits for it and ends the task with the outcome. */
  finish(gateway: GatewayId, task: TaskId, result: Outcome | readonly DatabaseRecord[]): Promise<void>
  /** Ends this server and starts another over the same store and keys, as a restart does. */
  restart(): Promise<void>
}

export interface RunOptions
  extends Partial<
    Pick<ApiServerOptions, 'audit' | 'notReady' | 'onAnswer' | 'tls' | 'deadlines' | 'upgradePath' | 'maxBusy'> &
      Omit<ApiSettings, 'isTrustedProxy' | 'timestampWindowMs'>
  > {
  /** Without limits unless given. */
  readonly throttle?: ThrottleRates
  readonly trustProxy?: readonly string[]
  readonly clock?: Clock
  readonly log?: Log
  /** Whose audit trail is read; by default there is none. */
  readonly data?: string
  /** Of everybody but the root, in place of what is attached to her. */
  readonly policiesOf?: (principal: Principal) => Promise<readonly AttachedPolicy[]>
}

/** The real server over the embedded store on a free port; nothing stands in for anything but the gateway. */
export async function runApi(options: RunOptions = {}): Promise<RunningApi> {
  await using opened = new AsyncDisposableStack()
  const clock = options.clock ?? systemClock()
  const log = options.log ?? silentLog()
  const folder = opened.use(await tempFolder('api'))
  const store = opened.use(await openSqliteStore({ folder: folder.path, clock, log }))
  const box = await openSecretBox(join(folder.path, 'secret.key'), { create: true })
  const bus = opened.use(localBus())
  const waiters = opened.use(await createTaskWaiters({ bus, clock }))
  const presence = opened.use(createPresence({ store: store.fleet, clock, log }))
  const tasks = createTaskService({
    store: store.tasks,
    bus,
    waiters,
    recent: createRecentTasks(clock, keepsAll),
    clock,
  })
  const fleet = createFleetService({ store: store.fleet, presence, bus, serverId: store.serverId, clock })
  const accessKeys = createAccessKeys({ store: store.access, box, clock })
  const access = createAccessService({ store: store.access, box })
  const consoleCodes = createConsoleCodes({ clock })
  const history = createGatewayHistory(clock)
  const statistics = opened.use(createTaskStatistics({ store: store.tasks, clock, log }))
  const audit = opened.use(
    createAuditReader({ data: options.data ?? folder.path, writeProblem: () => undefined, clock, log }),
  )

  const settings = {
    publicUrl: options.publicUrl ?? 'https://postern.example:8443',
    isTrustedProxy: trustedProxies(options.trustProxy ?? []),
    timestampWindowMs: WINDOW_MS,
    wrongSignaturesPerMinute: options.wrongSignaturesPerMinute ?? 0,
    connectionsPerAddress: options.connectionsPerAddress ?? 1000,
  }
  const { throttle: rates = { perKey: undefined, perAccount: undefined }, ...others } = options
  const start = async () => {
    const nonces = createNonces({ store: store.access, clock, log, keepMs: 2 * WINDOW_MS })
    const server = await createApiServer({
      actions: createActions({ tasks, fleet, access, audit, statistics, history }),
      accessKeys,
      nonces,
      authorise: createAuthorise({ policiesOf: options.policiesOf ?? ((principal) => access.policiesOf(principal)) }),
      fleet,
      consoleSignIn: createConsoleSignIn({ codes: consoleCodes, store: store.access, access, clock }),
      settings: () => settings,
      notReady: () => undefined,
      waiting: () => waiters.size,
      clock,
      log,
      throttle: createThrottle({ clock, rates: () => rates }),
      ...others,
    })
    const { port } = await server.listen('127.0.0.1', 0)
    return { server, nonces, port, url: `http://127.0.0.1:${port}` }
  }
  const stop = async () => {
    await running.server.close(500)
    await running.nonces[Symbol.asyncDispose]()
  }
  let running = await start()
  opened.defer(stop)

  const addAccount = async () => {
    const account = toAccountId(String(100_000_000_000_000 + Number.parseInt(randomBytes(5).toString('hex'), 16)))
    const { id, secret } = newAccessKey()
    const rootKey = { id, account, principal: rootOf(account), sealedSecret: box.seal(secret, id) }
    await store.access.createAccount({ id: account, name: 'test', rootKey })
    return { account, key: { accessKeyId: id, secret } }
  }
  const { account, key } = await addAccount()
  const instance = randomBytes(16).toString('hex')
  const disposing = opened.move()

  return {
    get server() {
      return running.server
    },
    get port() {
      return running.port
    },
    get url() {
      return running.url
    },
    get nonces() {
      return running.nonces
    },
    account,
    key,
    folder: folder.path,
    store,
    box,
    accessKeys,
    tasks,
    fleet,
    presence,
    consoleCodes,
    reader: audit,
    history,
    statistics,
    addAccount,
    async call(action, params = {}, call = {}) {
      const { version = '2019-03-06', method = 'GET', nonce = randomUUID(), time = Date.now() } = call
      const all = { ...params, Action: action, Version: version }
      const text = encodeParameters(signedParametersV1(all, call.key ?? key, { method, time, nonce }))
      const answered = await send(method === 'GET' ? `${running.url}/?${text}` : `${running.url}/`, {
        method,
        ...(call.signal && { signal: call.signal }),
        ...(method === 'POST' && { body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      })
      assertDeclared({ action, version }, answered)
      return answered
    },
    async addGateway({ account: owner = account, region = 'default', name } = {}) {
      const request = { account: owner, by: rootOf(owner), region, ...(name !== undefined && { name }) }
      const { token } = await fleet.createEnrollment(request, undefined)
      const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''
      const body = {
        token,
        publicKey: Buffer.from(publicKey, 'base64url').toString('base64'),
        hostname: 'db-1',
        version: '0',
      }
      return (await fleet.enroll(body)).gateway
    },
    async finish(gateway, task, result) {
      const [key1] = await store.fleet.keys(gateway)
      if (key1 === undefined) throw new Error('the gateway has no key')
      const keyName = fingerprintOf(key1)
      const about = { hostname: 'db-1', address: '192.0.2.7', version: '0' }
      const session = await store.fleet.open({ gateway, instance, key: keyName, ...about })
      if (session.kind !== 'open') throw new Error(`no session: ${session.kind}`)
      const claims = await store.tasks.claim({ gateway, epoch: session.epoch }, { total: 100, perEndpoint: 100 })
      const claim = claims.find((each) => each.task === task)
      if (claim === undefined) throw new Error('the task was not there to claim')
      const claimKey = { gateway, epoch: claim.epoch, attempt: claim.attempt }
      await store.tasks.accepted(claimKey)
      const { outcome, parts } = asResult(result)
      const outcomeText = JSON.stringify(outcome)
      const digest = outcomeDigest(outcomeText, parts)
      await store.tasks.finish(claimKey, { outcome, outcomeText, parts, digest, signature: 'none', key: keyName })
      bus.publish('task', [String(task)])
    },
    async restart() {
      await stop()
      running = await start()
    },
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  }
}

/** The answer of any request; a body that is not JSON fails the test. */
export async function send(
  url: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(url, { ...init, headers: { connection: 'close', ...init.headers } })
  const parsed: unknown = JSON.parse(await response.text())
  if (typeof parsed !== 'object' || parsed === null) throw new Error('the answer is no object')
  return { status: response.status, headers: response.headers, body: { ...parsed } }
}

export const database = (name: string, more: Partial<DatabaseRecord> = {}): DatabaseRecord => ({
  name,
  kind: 'database',
  system: false,
  ...more,
})

function asResult(result: Outcome | readonly DatabaseRecord[]): { outcome: Outcome; parts: readonly Uint8Array[] } {
  if ('kind' in result) return { outcome: result, parts: [] }
  const lines = result.map((each) => `${JSON.stringify(each)}\n`).join('')
  const outcome = {
    kind: 'listing',
    count: result.length,
    visibility: 'complete',
    warnings: [],
    server: { product: 'MariaDB', version: '11.4.2', role: 'primary' },
    steps: [],
    collectedAt: Date.UTC(2026, 0, 1),
  } satisfies Outcome
  return { outcome, parts: lines === '' ? [] : [Buffer.from(lines)] }
}
