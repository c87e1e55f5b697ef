import { parentPort, workerData } from 'node:worker_threads'
import { openSecretBox } from '../access/secret-box.ts'
import { backUpStore } from '../store/sqlite/back-up-store.ts'
import { checkStore } from '../store/sqlite/check-store.ts'
import { toErrorData } from '../store/sqlite/error-data.ts'
import { type StoreJob, type StoreJobEnd, storeJob } from './store-job.ts'

// Reads the store on a connection of its own, so that neither the main thread nor the writer waits for it.

async function work(job: StoreJob): Promise<unknown> {
  if (job.kind === 'back up') return backUpStore(job)
  const { file, keyFile, quick } = job
  try {
    const box = await openSecretBox(keyFile, { create: false })
    return checkStore({ file, quick, unseal: (sealed, owner) => box.unseal(sealed, owner) })
  } catch (error) {
    // Without the right key file the rest can still be looked at.
    const problem = error instanceof Error ? error.message : String(error)
    const { checked, unchecked, problems } = checkStore({ file, quick, unseal: () => undefined })
    const others = checked.filter(({ what }) => what !== 'sealed keys')
    return { checked: others, unchecked, problems: [`sealed keys: ${problem}`, ...problems] }
  }
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  let end: StoreJobEnd
  try {
    end = { ok: true, value: await work(storeJob.parse(workerData)) }
  } catch (error) {
    end = { ok: false, error: toErrorData(error) }
  }
  port.postMessage(end)
}

if (parentPort !== null) await main(parentPort)
