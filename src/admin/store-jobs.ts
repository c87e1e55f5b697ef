import { Worker } from 'node:worker_threads'
import { PosternError } from '../model/errors.ts'
import type { BackedUp } from '../store/sqlite/back-up-store.ts'
import type { CheckedStore } from '../store/sqlite/check-store.ts'
import { fromErrorData } from '../store/sqlite/error-data.ts'
import { backedUp, checkedStore, type StoreJob, type StoreJobEnd, storeJobEnd } from './store-job.ts'

/** Long work on a store, one at a time, each in a thread of its own. */
export interface StoreJobs {
  /** Rejects with ServiceUnavailable where another one runs, or the signal aborted; then `to` may be half there. */
  backUp(job: { readonly file: string; readonly to: string }, signal: AbortSignal): Promise<BackedUp>
  check(
    job: { readonly file: string; readonly keyFile: string; readonly quick: boolean },
    signal: AbortSignal,
  ): Promise<CheckedStore>
}

export function createStoreJobs(): StoreJobs {
  let busy = false
  const alone = async (job: StoreJob, signal: AbortSignal): Promise<unknown> => {
    if (busy) throw unavailable('Another backup or check of this store runs; wait for its end.')
    busy = true
    try {
      return await runInThread(job, signal)
    } finally {
      busy = false
    }
  }
  return {
    backUp: async (job, signal) => backedUp.parse(await alone({ kind: 'back up', ...job }, signal)),
    check: async (job, signal) => checkedStore.parse(await alone({ kind: 'check', ...job }, signal)),
  }
}

async function runInThread(job: StoreJob, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) throw stopped()
  // The compiler rewrites the endings of imports, not this one.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const url = new URL(`./store-job-thread.${ending}`, import.meta.url)
  const worker = new Worker(url, { workerData: job, name: 'store-job' })
  const stop = () => void worker.terminate()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const end = await endOf(worker)
    if (end === undefined) throw stopped()
    if (!end.ok) throw fromErrorData(end.error)
    return end.value
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Undefined where it ended without a word. After the exit, so that nothing of it writes any more. */
function endOf(worker: Worker): Promise<StoreJobEnd | undefined> {
  return new Promise((resolve, reject) => {
    let end: StoreJobEnd | undefined
    worker.once('message', (message: unknown) => {
      end = storeJobEnd.parse(message)
    })
    worker.once('error', reject)
    worker.once('exit', () => resolve(end))
  })
}

const unavailable = (why: string) => new PosternError('ServiceUnavailable', { values: { why } })
const stopped = () => unavailable('The work on the store was ended before it was done.')
