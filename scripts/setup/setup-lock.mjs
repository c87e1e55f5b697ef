import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetupError } from './setup-error.mjs'

const DEADLINE_MS = 15 * 60_000
const POLL_MS = 200

/**
 * Runs `work` while no other set-up of the same clone runs. The lock is the folder `.tools/setup.lock` with the
 * owner's process id in it; it appears in one rename, so it is never seen without its owner. One left by a process
 * that is gone is taken over.
 */
export async function withSetupLock(root, { say, deadlineMs = DEADLINE_MS }, work) {
  const lock = join(root, '.tools', 'setup.lock')
  await mkdir(join(root, '.tools'), { recursive: true })
  const deadline = Date.now() + deadlineMs
  let told = false
  while (!(await tryTake(lock))) {
    const owner = await ownerOf(lock)
    if (owner !== undefined && !isAlive(owner)) {
      await removeStale(lock, owner)
      continue
    }
    if (Date.now() > deadline) {
      throw new SetupError(`Another set-up (process ${owner ?? 'unknown'}) has held ${lock} for too long.`, {
        advice: 'If no set-up is running, delete that folder and try again.',
      })
    }
    if (!told) say(`Waiting for another set-up of this clone (process ${owner ?? 'unknown'}) …`)
    told = true
    await sleep(POLL_MS)
  }
  try {
    return await work()
  } finally {
    await release(lock)
  }
}

/** Moved aside first: once its pid file is gone the folder is empty, and an empty one can be renamed onto. */
async function release(lock) {
  const aside = `${lock}.done-${process.pid}`
  await rename(lock, aside)
  await rm(aside, { recursive: true, force: true })
}

async function tryTake(lock) {
  const mine = await mkdtemp(`${lock}.`)
  await writeFile(join(mine, 'pid'), String(process.pid))
  try {
    // A folder is never renamed onto one that holds something.
    await rename(mine, lock)
    return true
  } catch (error) {
    await rm(mine, { recursive: true, force: true })
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false
    throw error
  }
}

/** Undefined when the lock is gone, or just now being removed. */
async function ownerOf(lock) {
  try {
    const pid = Number.parseInt(await readFile(join(lock, 'pid'), 'utf8'), 10)
    return Number.isInteger(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

/** Moved aside first: of two waiters only one moves it, and one that moved a newer owner's lock puts it back. */
async function removeStale(lock, owner) {
  const aside = `${lock}.stale-${process.pid}`
  try {
    await rename(lock, aside)
  } catch {
    return
  }
  if ((await ownerOf(aside)) === owner) await rm(aside, { recursive: true, force: true })
  else await rename(aside, lock)
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
