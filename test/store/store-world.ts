import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../src/base/clock.ts'
import {
  type AccountId,
  type AttemptId,
  fingerprintOf,
  type GatewayId,
  type KeyFingerprint,
  rootOf,
  type TaskId,
  toAccessKeyId,
  toAccountId,
  toRequestId,
} from '../../src/model/ids.ts'
import type { Outcome } from '../../src/model/listing.ts'
import type { Nonce } from '../../src/store/access-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { Claim, ClaimKey, Credit, NewTask, Result, SessionEpoch } from '../../src/store/task-store.ts'
import { type ManualClock, manualClock } from '../fixtures/manual-clock.ts'

/** A store under test in a place of its own. Disposing it closes the store and removes the place. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: Store
  /** Closes the store in good order and opens it again in the same place. */
  reopen(): Promise<Store>
}
export type OpenStore = (clock: Clock) => Promise<OpenedStore>

export interface TestGateway {
  readonly id: GatewayId
  readonly account: AccountId
  readonly publicKey: Uint8Array
  readonly key: KeyFingerprint
}

export const ACCOUNT = toAccountId('100000000000001')
export const OTHER_ACCOUNT = toAccountId('100000000000002')
const DEFAULT_CREDIT: Credit = { total: 100, perEndpoint: 100 }

/** A store with two accounts, and the few things that most tests do with it. */
export interface World extends AsyncDisposable {
  readonly clock: ManualClock
  readonly store: Store
  reopen(): Promise<void>
  gateway(account?: AccountId): Promise<TestGateway>
  session(gateway: TestGateway, options?: { instance?: string }): Promise<SessionEpoch>
  create(gateway: TestGateway, changes?: Partial<NewTask>): Promise<TaskId>
  claim(session: SessionEpoch, credit?: Credit): Promise<readonly Claim[]>
  /** Claims exactly one task. */
  claimOne(session: SessionEpoch): Promise<Claim & ClaimKey>
}

export async function storeWorld(open: OpenStore): Promise<World> {
  const clock = manualClock()
  const opened = await open(clock)
  let store = opened.store
  await store.access.createAccount(newAccount(ACCOUNT))
  await store.access.createAccount(newAccount(OTHER_ACCOUNT))

  const claim: World['claim'] = (session, credit = DEFAULT_CREDIT) => store.tasks.claim(session, credit)
  return {
    clock,
    get store() {
      return store
    },
    async reopen() {
      store = await opened.reopen()
    },
    async gateway(account = ACCOUNT) {
      const tokenHash = randomBytes(32).toString('hex')
      const publicKey = Uint8Array.from(randomBytes(32))
      const expiresAt = clock.now() + 60_000
      const enrollment = { account, tokenHash, region: 'here', expiresAt, createdBy: rootOf(account) }
      assert.equal(await store.fleet.createEnrollment(enrollment, undefined), 'created')
      const enrolled = await store.fleet.enroll({ tokenHash, publicKey, hostname: 'box', version: '0.1.0' })
      assert.equal(enrolled.kind, 'enrolled')
      return { id: enrolled.gateway.id, account, publicKey, key: fingerprintOf(publicKey) }
    },
    async session(gateway, { instance = 'one' } = {}) {
      const opening = {
        gateway: gateway.id,
        instance,
        key: gateway.key,
        hostname: 'box',
        address: '::1',
        version: '0.1.0',
      }
      const session = await store.fleet.open(opening)
      assert.equal(session.kind, 'open')
      return { gateway: gateway.id, epoch: session.epoch }
    },
    async create(gateway, changes = {}) {
      const created = await store.tasks.create(newTask(gateway, changes), undefined)
      assert.equal(created.kind, 'new')
      return created.task
    },
    claim,
    async claimOne(session) {
      const [first, ...more] = await claim(session)
      assert.ok(first !== undefined, 'there is something to claim')
      assert.equal(more.length, 0)
      return { ...first, gateway: session.gateway }
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}

/** What the root of the gateway's account does to a task that is there. */
export async function cancelIn(world: World, { account }: TestGateway, id: TaskId) {
  const cancelled = await world.store.tasks.cancel({ account, id, by: rootOf(account) }, undefined)
  assert.equal(cancelled.kind, 'cancelled')
  return cancelled
}

/** An account whose root key is named after it. */
export function newAccount(id: AccountId) {
  const key = { id: toAccessKeyId(`root-${id}`), account: id, principal: rootOf(id), sealedSecret: Uint8Array.of(1, 2) }
  return { id, name: `account ${id}`, rootKey: key }
}

export function newTask(gateway: TestGateway, changes: Partial<NewTask> = {}): NewTask {
  return {
    account: gateway.account,
    gateway: gateway.id,
    engine: 'MySQL',
    host: '10.0.0.1',
    port: 3306,
    deliveryMs: 60_000,
    executionMs: 60_000,
    createdBy: rootOf(gateway.account),
    request: toRequestId('7E0A4D0C-0000-4000-8000-000000000001'),
    ...changes,
  }
}

export function nonce(value: string, clock: Clock): Nonce {
  return { key: toAccessKeyId('key-1'), value, expiresAt: clock.now() + 1_800_000 }
}

export function token(value: string, clock: Clock, parameters = 'same'): NonNullable<NewTask['token']> {
  return { action: 'Create', value, parameters, expiresAt: clock.now() + 86_400_000 }
}

export function listing(gateway: TestGateway, names: readonly string[] = ['crm', 'shop']): Result {
  const parts = names.map((name) => new TextEncoder().encode(`${JSON.stringify({ name })}\n`))
  const outcome: Outcome = {
    kind: 'listing',
    count: names.length,
    visibility: 'complete',
    warnings: [],
    server: { product: 'MariaDB', version: '11.8', role: 'primary' },
    steps: [{ name: 'list', ms: 3, ok: true }],
    collectedAt: 1_800_000_000_000,
  }
  return signed(gateway, outcome, parts)
}

/** A listing whose databases came in these very parts. */
export const listingOf = (gateway: TestGateway, parts: readonly Uint8Array[]): Result =>
  signed(gateway, listing(gateway).outcome, parts)

export function failure(gateway: TestGateway, code = 'Database.AuthenticationFailed'): Result {
  return signed(gateway, { kind: 'failure', code, message: `said the server: ${code}`, step: 'login', steps: [] }, [])
}

function signed(gateway: TestGateway, outcome: Outcome, parts: readonly Uint8Array[]): Result {
  const outcomeText = JSON.stringify(outcome)
  const hash = createHash('sha256').update(outcomeText).update('\n')
  for (const part of parts) hash.update(part)
  return { outcome, outcomeText, parts, digest: hash.digest('hex'), signature: 'c2lnbmVk', key: gateway.key }
}

export const attemptsOf = (claims: readonly { readonly attempt: AttemptId }[]) => claims.map(({ attempt }) => attempt)
