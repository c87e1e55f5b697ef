import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { statementsOf } from './statements.ts'
import { createPrivate } from './store-lock.ts'

/** Between two of them other threads get the disk. */
const PAGES_AT_ONCE = 2_000
const READ_TIMEOUT_MS = 10_000

export interface BackedUp {
  readonly bytes: number
  /** What an integrity check of the copy found; empty where all is well. */
  readonly problems: readonly string[]
}

/**
 * Copies the store, as it is at one moment, to a new file that its owner alone reads, and checks the copy.
 * Writers go on meanwhile. Blocks its thread: not for a thread that serves anybody.
 */
export async function backUpStore({ file, to }: { file: string; to: string }): Promise<BackedUp> {
  createPrivate(to)
  const source = new DatabaseSync(file, { readOnly: true, timeout: READ_TIMEOUT_MS })
  try {
    // One transaction for all steps: a copy that begins anew with every write of another would never end.
    source.exec('BEGIN')
    statementsOf(source).get('has_meta')
    await backup(source, to, { rate: PAGES_AT_ONCE })
    source.exec('COMMIT')
  } finally {
    source.close()
  }
  const problems = checkCopy(to)
  const handle = openSync(to, 'r')
  fsyncSync(handle)
  closeSync(handle)
  return { bytes: statSync(to).size, problems }
}

function checkCopy(file: string): string[] {
  const copy = new DatabaseSync(file)
  try {
    // One file, with no log beside it.
    copy.exec('PRAGMA journal_mode = DELETE')
    const rows = statementsOf(copy).all('integrity_check')
    return rows.map((row) => String(row['integrity_check'])).filter((line) => line !== 'ok')
  } finally {
    copy.close()
  }
}
