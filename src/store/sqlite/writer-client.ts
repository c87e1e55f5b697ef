import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { createBatcher, type Settled } from '../../base/batch.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { PosternError } from '../../model/errors.ts'
import type { Instant } from '../../model/task.ts'
import { GO_BACK } from './check-at-start.ts'
import { type ErrorData, fromErrorData } from './error-data.ts'
import type { StoreMeta } from '../migrations.ts'
import type { UnitCall, UnitInput, UnitName, UnitOutput } from './units.ts'
import type { Answer } from './write-batch.ts'
import type { FromWriter, ToWriter, WriterStart } from './writer-messages.ts'

/** In what SQLite says of a store that is not whole. */
const DAMAGED = /malformed|not a database|no such (?:table|column|index)|disk image/
const MAX_BATCH = 512
/** Results are large; a batch of them must not become one commit of gigabytes. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024
const MAX_PENDING = 20_000
/** Whoever waits longer for a slow disk has a caller who is about to give up; nothing of it was written. */
const MAX_WAIT_MS = 5_000
const RETRY_AFTER_MS = 1_000

/** The main thread's end of the writer. */
export interface Writer extends AsyncDisposable {
  readonly meta: StoreMeta
  /** Resolves when the thread has ended and nobody asked it to. */
  readonly failed: Promise<Error>
  /** Resolves after the commit. Rejects with ServiceUnavailable where too much waits or the writer has ended. */
  write<N extends UnitName>(unit: N, input: UnitInput<N>, bytes?: number): Promise<UnitOutput<N>>
  /** Takes nothing more; resolves when what was taken has ended. */
  drain(): Promise<void>
  /** Ends the thread at once, as a fault of it would; for tests. */
  kill(): Promise<void>
}

interface Weighed {
  readonly call: UnitCall
  readonly bytes: number
}

export async function startWriter(options: {
  readonly file: string
  readonly clock: Clock
  readonly log: Log
}): Promise<Writer> {
  const { file, clock, log } = options
  // The compiler rewrites the endings of imports, not this one.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const start: WriterStart = { file, now: clock.now() }
  const worker = new Worker(new URL(`./writer.${ending}`, import.meta.url), { workerData: start, name: 'store-writer' })
  const conversation = converse(worker, log)
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))

  const first = await conversation.next()
  if (first.kind !== 'ready') {
    conversation.end()
    await exited
    throw first.kind === 'refused' ? startError(first.error, file) : new Error('the writer did not start')
  }

  const writes = batchWrites({
    clock,
    async commit(batch) {
      const answer = conversation.next()
      conversation.send({ kind: 'batch', ...batch })
      const message = await answer
      if (message.kind !== 'done') throw new Error('the writer gave no answers')
      return message.answers
    },
  })
  return {
    meta: first.meta,
    failed: conversation.failed,
    ...writes,
    async kill() {
      await worker.terminate()
    },
    async [Symbol.asyncDispose]() {
      await writes.drain()
      conversation.end()
      await exited
    },
  }
}

/** What `commit` is given, is one transaction; it resolves after the commit. One at a time, the next one meanwhile collects. */
export function batchWrites(parts: {
  readonly clock: Clock
  readonly commit: (batch: { readonly now: Instant; readonly calls: readonly UnitCall[] }) => Promise<readonly Answer[]>
}): Pick<Writer, 'write' | 'drain'> {
  const { clock, commit } = parts
  const batcher = createBatcher<Weighed, unknown>({
    maxItems: MAX_BATCH,
    maxWeight: MAX_BATCH_BYTES,
    weigh: ({ bytes }) => bytes,
    maxPending: MAX_PENDING,
    turn: () => setImmediate(),
    full: () => unavailable('More writes wait than the store takes.'),
    patience: { clock, maxWaitMs: MAX_WAIT_MS, late: () => unavailable('The store is too slow at the moment.') },
    async run(items) {
      const answers = await commit({ now: clock.now(), calls: items.map(({ call }) => call) })
      return answers.map((one): Settled<unknown> => (one.ok ? one : { ok: false, error: fromErrorData(one.error) }))
    },
  })
  let draining = false
  return {
    async drain() {
      draining = true
      await batcher.idle()
    },
    write<N extends UnitName>(unit: N, input: UnitInput<N>, bytes = 0) {
      if (draining) return Promise.reject(unavailable('The store is closed.'))
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own writer ran the unit of that name
      return batcher.add({ call: { unit, input }, bytes }) as Promise<UnitOutput<N>>
    },
  }
}

const unavailable = (why: string, cause?: unknown) =>
  new PosternError('ServiceUnavailable', { values: { why }, retryAfterMs: RETRY_AFTER_MS, cause })

/** Read by the person who starts the server: a refusal says what to do, anything else at least what happened to which file. */
function startError(error: ErrorData, file: string): PosternError {
  if (error.entry !== 'InternalError') return fromErrorData(error)
  const [what = ''] = error.detail.split('\n')
  return new PosternError('InternalError', {
    message: `The store ${file} cannot be opened: ${what}${DAMAGED.test(what) ? `. ${GO_BACK}` : ''}`,
    cause: new Error(error.detail),
  })
}

/** One question, one answer. After the thread has ended, for whatever reason, every question rejects. */
function converse(worker: Worker, log: Log) {
  let waiting: PromiseWithResolvers<FromWriter> | undefined
  let ended: PosternError | undefined
  let fault: unknown
  const failed = Promise.withResolvers<Error>()

  worker.on('message', (message: FromWriter) => {
    const { resolve } = waiting ?? {}
    waiting = undefined
    resolve?.(message)
  })
  worker.on('error', (error) => {
    fault = error
  })
  worker.on('exit', (code) => {
    if (ended === undefined) {
      log.fatal({ err: fault, code }, 'the writer of the store has ended')
      ended = unavailable('The writer of the store has ended; restart the server.', fault)
      failed.resolve(ended)
    }
    waiting?.reject(ended)
    waiting = undefined
  })

  const send = (message: ToWriter) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(message)
  }
  return {
    send,
    failed: failed.promise,
    next(): Promise<FromWriter> {
      if (ended !== undefined) return Promise.reject(ended)
      waiting = Promise.withResolvers<FromWriter>()
      return waiting.promise
    },
    end() {
      if (ended !== undefined) return
      ended = unavailable('The store is closed.')
      send({ kind: 'close' })
    },
  }
}
