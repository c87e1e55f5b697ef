import type { DatabaseType } from '../model/database-type.ts'
import type {
  AccountId,
  AttemptId,
  Epoch,
  GatewayId,
  KeyFingerprint,
  PrincipalId,
  RequestId,
  TaskId,
} from '../model/ids.ts'
import type { Outcome, StepName } from '../model/listing.ts'
import type { Instant, TaskState } from '../model/task.ts'
import type { Nonce } from './access-store.ts'
import type { EndingCount } from './endings.ts'

export interface ClientToken {
  readonly action: string
  readonly value: string
  /** Digest of the canonical parameters: another one for the same token is a mismatch. */
  readonly parameters: string
  readonly expiresAt: Instant
}

export interface NewTask {
  readonly account: AccountId
  readonly gateway: GatewayId
  readonly engine: DatabaseType
  /** As the caller wrote it, normalised; undefined means the gateway's only endpoint of that engine. */
  readonly host?: string
  readonly port?: number
  readonly deliveryMs: number
  readonly executionMs: number
  readonly createdBy: PrincipalId
  readonly request: RequestId
  readonly token?: ClientToken
}

export type Created =
  | { readonly kind: 'new'; readonly task: TaskId }
  | { readonly kind: 'same token'; readonly task: TaskId }
  | { readonly kind: 'token taken' }
  | { readonly kind: 'nonce used' }
  /** The gateway was deleted, or is another account's. */
  | { readonly kind: 'no gateway' }
  /** MAX_WAITING_TASKS wait for it already. */
  | { readonly kind: 'queue full' }

export interface Task {
  readonly id: TaskId
  readonly account: AccountId
  readonly gateway: GatewayId
  readonly region: string
  readonly engine: DatabaseType
  readonly host?: string
  readonly port?: number
  readonly state: TaskState
  readonly createdAt: Instant
  readonly createdBy: PrincipalId
  readonly request: RequestId
  readonly deliveryDeadline: Instant
  readonly executionMs: number
  /** The first `accepted` of any attempt. */
  readonly acceptedAt?: Instant
  readonly executionDeadline?: Instant
  readonly attempts: number
  /** Last known step of the current attempt. */
  readonly step?: StepName
  readonly endedAt?: Instant
  /** Set when the state is terminal and not Succeeded. */
  readonly failure?: { readonly code: string; readonly message: string }
  /** Set when Succeeded: everything but the databases, see `parts`. */
  readonly listing?: Extract<Outcome, { kind: 'listing' }>
  readonly cancelledBy?: PrincipalId
}

/** One live connection of a gateway; a newer epoch of the same gateway ends it. */
export interface SessionEpoch {
  readonly gateway: GatewayId
  readonly epoch: Epoch
}

export interface Credit {
  /** How many claims the session can take now. */
  readonly total: number
  /** Most attempts of one endpoint at a time on that gateway. */
  readonly perEndpoint: number
}

export interface Claim {
  readonly task: TaskId
  readonly attempt: AttemptId
  /** 1 to 3. */
  readonly number: number
  readonly epoch: Epoch
  readonly account: AccountId
  readonly engine: DatabaseType
  readonly host?: string
  readonly port?: number
  /** What is left for the whole task, milliseconds. */
  readonly executionMs: number
  /** What is left until the task fails unless it was accepted, milliseconds; undefined where it was. */
  readonly acceptWithinMs?: number
  /** Made for this attempt, signed by the gateway with the outcome: 32 hex digits. */
  readonly nonce: string
}

/** Who finishes: the gateway of the session (never of the message), the epoch of the claim, the attempt. */
export interface ClaimKey {
  readonly gateway: GatewayId
  readonly epoch: Epoch
  readonly attempt: AttemptId
}

/** An outcome as it came from the gateway, parsed and checked by the caller. */
export interface Result {
  readonly outcome: Outcome
  /** The exact text that was signed. */
  readonly outcomeText: string
  /** Databases, one JSON line each; every part at most 256 KiB; none for a failure. */
  readonly parts: readonly Uint8Array[]
  /** SHA-256 over outcomeText, a newline and all parts, 64 hex digits. */
  readonly digest: string
  readonly signature: string
  readonly key: KeyFingerprint
}

/** 'finished' once per task; 'late' is recorded and changes nothing; 'unknown' was never this gateway's attempt. */
export type Finish =
  | { readonly kind: 'finished'; readonly task: Task }
  | { readonly kind: 'late' }
  | { readonly kind: 'unknown' }

/** What the server tells a gateway that reported what it holds. */
export interface Adopted {
  /** Held and still wanted: their claims run on to the deadline of the task. */
  readonly current: readonly AttemptId[]
  /** Held and no longer wanted: to be cancelled on the gateway. */
  readonly superseded: readonly AttemptId[]
  /** Ended because their last attempt was lost. */
  readonly ended: readonly Task[]
}

/** One try of a task as people look at it afterwards. */
export interface AttemptRecord {
  /** 1 to 3. */
  readonly number: number
  /** Of the gateway's session that claimed it. */
  readonly epoch: Epoch
  /** When it was claimed. */
  readonly startedAt: Instant
  /**
   * Undefined while it runs. finished: its outcome ended the task. superseded: another attempt took its place.
   * lapsed: its session was lost, and an outcome of it is still welcome. stopped: the task ended without it.
   */
  readonly end?: 'finished' | 'superseded' | 'lapsed' | 'stopped'
  /** Unknown of a lapsed one. */
  readonly endedAt?: Instant
  /** What came after its end and changed nothing; `count` of a listing only. */
  readonly late?: { readonly at: Instant; readonly count?: number; readonly bytes: number }
}

export interface TaskDetails {
  readonly task: Task
  /** In their order. */
  readonly attempts: readonly AttemptRecord[]
  /** What the gateway said, where that ended the task. */
  readonly outcome?: Outcome
  /** Whether the gateway's signature of the outcome was found right. */
  readonly signature?: 'unchecked' | 'valid' | 'invalid'
}

export interface TaskFilter {
  readonly gateway?: GatewayId
  readonly states?: readonly TaskState[]
  readonly engine?: DatabaseType
  /** Created then or later. */
  readonly createdFrom?: Instant
  /** Created earlier. */
  readonly createdBefore?: Instant
}

/** A place in the list of tasks; the task itself may be gone. */
export interface TaskPosition {
  readonly at: Instant
  readonly task: TaskId
}

export interface ListedTasks {
  /** Without their listings. */
  readonly tasks: readonly Omit<Task, 'listing'>[]
  /** Where the next page begins; there may be nothing on it. */
  readonly next?: TaskPosition
}

/** Every open task is one of the two. */
export interface OpenTasks {
  /** That wait for their gateway. */
  readonly queued: number
  /** That their gateway was given. */
  readonly running: number
}

export interface TaskStore {
  /** Whether a claim sees what was made before it was asked for, also while that is still on its way: one writer does all in turn. */
  readonly inOrder: boolean
  /** Inserts the task, or returns the one that the same token made; burns the nonce in the same commit unless it is refused. */
  create(task: NewTask, burn: Nonce | undefined): Promise<Created>
  get(account: AccountId, id: TaskId): Promise<Task | undefined>
  /** The task with its attempts and how it ended; undefined where there is no such task. */
  details(account: AccountId, id: TaskId): Promise<TaskDetails | undefined>
  /**
   * Newest first, 1 to 100 a page. A page may have fewer, even none, and still a next one: the work of one page is
   * bounded however many tasks there are. What is created meanwhile moves nothing.
   */
  list(
    account: AccountId,
    filter: TaskFilter,
    page: { readonly limit: number; readonly after?: TaskPosition },
  ): Promise<ListedTasks>
  /** The databases of a Succeeded task in the order in which they came; undefined where there is no such task. */
  parts(account: AccountId, id: TaskId): Promise<readonly Uint8Array[] | undefined>
  /** The outcome that ended the task with all that was signed, and at most `limit` of its parts from `from` on; undefined where there is none. */
  evidence(
    account: AccountId,
    id: TaskId,
    page: { readonly from: number; readonly limit: number },
  ): Promise<Evidence | undefined>
  /** Oldest first, within the credit; nothing for an epoch that is not the newest. No two callers get the same attempt. */
  claim(session: SessionEpoch, credit: Credit): Promise<readonly Claim[]>
  /** The gateway has started. The first one makes the task Running and starts its execution deadline. False: superseded. */
  accepted(claim: ClaimKey): Promise<boolean>
  /** Last known steps of running attempts; best effort, superseded ones are ignored. */
  steps(at: readonly { readonly attempt: AttemptId; readonly step: StepName }[]): Promise<void>
  /**
   * A gateway is ready: attempts it does not hold are over, and their tasks may be claimed again (three attempts at
   * most); held ones run on to the deadline of their task. Nothing for an epoch that is not the newest.
   */
  adopt(session: SessionEpoch, holding: readonly AttemptId[]): Promise<Adopted>
  /** Accepts one outcome per task, whichever session carries it; idempotent. */
  finish(claim: ClaimKey, result: Result): Promise<Finish>
  /** Final at once; a task that has ended is returned as it is. Burns the nonce in the same commit unless it is refused. */
  cancel(cancel: CancelTask, burn: Nonce | undefined): Promise<Cancelled>
  /** Ends what ran out of time, returns lost claims to the queue; at most 1,000 tasks a call. Those that ended. */
  expire(now: Instant): Promise<readonly Task[]>
  /** When the oldest task that waits for its gateway was created, of at most 10,000 gateways; undefined where none waits. */
  oldestWaiting(): Promise<Instant | undefined>
  /** Gateways with claimable tasks, at most 10,000. */
  waiting(): Promise<readonly GatewayId[]>
  /** Of at most 100 gateways; each number is counted up to `most` (1–20,000). */
  loads(gateways: readonly GatewayId[], most: number): Promise<ReadonlyMap<GatewayId, OpenTasks>>
  /** Each number is counted up to `most`. */
  openOf(account: AccountId, most: number): Promise<OpenTasks>
  /**
   * The tasks that ended from `from` on and before `to`, counted as far as `until`: go on from there where it is less than
   * `to`. The work of one call is some milliseconds in this process. A task whose end is committed only now may be missing.
   */
  endings(
    account: AccountId,
    range: { readonly from: Instant; readonly to: Instant },
  ): Promise<{ readonly until: Instant; readonly counts: readonly EndingCount[] }>
  /** Results whose signature nobody has checked yet, oldest first; of a store that servers share, those that are this one's to check. */
  unverified(limit: number): Promise<readonly SignedResult[]>
  verified(results: readonly { readonly attempt: AttemptId; readonly ok: boolean }[]): Promise<void>
}

export interface CancelTask {
  readonly account: AccountId
  readonly id: TaskId
  readonly by: PrincipalId
}

export type Cancelled =
  /** `attempt` is the one to stop, where one runs. */
  | { readonly kind: 'cancelled'; readonly task: Task; readonly attempt?: AttemptId }
  | { readonly kind: 'nonce used' }
  | { readonly kind: 'no task' }

export interface SignedResult {
  readonly task: TaskId
  readonly attempt: AttemptId
  readonly gateway: GatewayId
  readonly engine: DatabaseType
  readonly host?: string
  readonly port?: number
  readonly nonce: string
  readonly digest: string
  readonly signature: string
  /** The 32 raw bytes of the key that the gateway says it signed with; undefined where it is not one of its keys. */
  readonly publicKey?: Uint8Array
}

/** What anybody needs to check a result without the store. */
export interface Evidence extends SignedResult {
  /** The exact text that was signed. */
  readonly outcomeText: string
  /** In all. */
  readonly partCount: number
  readonly parts: readonly Uint8Array[]
}
