import type { DatabaseSync } from 'node:sqlite'
import { type ErrorData, toErrorData } from './error-data.ts'

export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ErrorData }

/** Each work is synchronous and returns what can cross a thread. Returns after the commit is on disk. */
export type WriteBatch = (works: readonly (() => unknown)[]) => readonly Answer[]

/**
 * Makes the function that runs the works of one batch in one transaction, each in its own savepoint:
 * one that throws is undone and fails alone. Where the commit fails, all of them have failed and nothing was written.
 */
export function batchWriter(db: DatabaseSync): WriteBatch {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const savepoint = db.prepare('SAVEPOINT unit')
  const release = db.prepare('RELEASE unit')
  const undo = db.prepare('ROLLBACK TO unit')

  const inSavepoint = (work: () => unknown): Answer => {
    savepoint.run()
    try {
      const value = work()
      release.run()
      return { ok: true, value }
    } catch (error) {
      // A full disk ends the whole transaction: then there is nothing left to go on with.
      if (!db.isTransaction) throw error
      undo.run()
      release.run()
      return { ok: false, error: toErrorData(error) }
    }
  }

  return (works) => {
    try {
      begin.run()
      const answers = works.map(inSavepoint)
      commit.run()
      return answers
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      const answer: Answer = { ok: false, error: toErrorData(error) }
      return works.map(() => answer)
    }
  }
}
