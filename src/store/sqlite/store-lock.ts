import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PosternError } from '../../model/errors.ts'

const SQLITE_BUSY = 5
const PID_FILE = 'server.pid'

export interface StoreLock {
  /** Idempotent. */
  release(): void
}

/** As `tryLockStore`, for a server; refuses where another process has it. */
export function lockStore(folder: string): StoreLock {
  const lock = tryLockStore(folder)
  if (lock !== undefined) return lock
  const { pid, command } = storeHolder(folder)
  const process = pid === undefined ? '' : ` (process ${pid})`
  throw new PosternError('ServiceUnavailable', {
    message:
      command === undefined
        ? `Another Postern server${process} has the store in ${folder} open. Stop that one first, or give this one a folder of its own.`
        : `The command \`${command}\`${process} works on the store in ${folder}. Start the server when it has ended.`,
  })
}

/**
 * Keeps other processes off the folder for as long as this one lives; the system frees it even after kill -9.
 * Undefined at once where another process has it. What is written to server.pid is for messages only.
 */
export function tryLockStore(folder: string, command?: string): StoreLock | undefined {
  const file = join(folder, 'lock.db')
  const pidFile = join(folder, PID_FILE)
  createPrivate(file)
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (!isBusy(error)) throw error
    return undefined
  }
  writeFileSync(pidFile, `${[process.pid, command].join(' ').trim()}\n`, { mode: 0o600 })
  return {
    release() {
      if (!db.isOpen) return
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

/** Who has the store, as far as it can be told: a command, or else a server. */
export function storeHolder(folder: string): { readonly pid?: string; readonly command?: string } {
  try {
    const text = readFileSync(join(folder, PID_FILE), 'utf8').trim()
    const [, pid, command] = /^(\d{1,10})(?: ([a-z -]{1,40}))?$/.exec(text) ?? []
    return { ...(pid !== undefined && { pid }), ...(command !== undefined && { command }) }
  } catch {
    return {}
  }
}
