import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PosternError } from '../../model/errors.ts'

const SQLITE_BUSY = 5

export interface StoreLock {
  release(): void
}

/**
 * Keeps other servers off the folder for as long as this process lives; the system frees it even after kill -9.
 * Refuses at once where another process has it. The pid in server.pid is for the message only.
 */
export function lockStore(folder: string): StoreLock {
  const file = join(folder, 'lock.db')
  const pidFile = join(folder, 'server.pid')
  createPrivate(file)
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (!isBusy(error)) throw error
    throw new PosternError('ServiceUnavailable', {
      message:
        `Another Postern server${runningPid(pidFile)} has the store in ${folder} open. ` +
        'Stop that one first, or give this one a folder of its own.',
      cause: error,
    })
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 })
  return {
    release() {
      rmSync(pidFile, { force: true })
      db.close()
    },
  }
}

/** Makes an empty file that only its owner reads. One that is there is not even opened: closing it would free its locks. */
export function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

const isBusy = (error: unknown) => error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY

function runningPid(file: string): string {
  try {
    const pid = readFileSync(file, 'utf8').trim()
    return /^\d{1,10}$/.test(pid) ? ` (process ${pid})` : ''
  } catch {
    return ''
  }
}
