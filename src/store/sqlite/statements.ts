import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { readStatementFiles } from '../statement-files.ts'
import { addChecksumFunctions } from './row-checksum.ts'
import { STATEMENT_NAMES, type StatementName } from './statement-names.ts'

type SqliteRow = Record<string, SQLOutputValue>
export type Parameters = Readonly<Record<string, SQLInputValue>>

/** The statements of one connection, prepared on first use and kept. Parameters are all named and all given. */
export interface Statements {
  all(name: StatementName, parameters?: Parameters): SqliteRow[]
  get(name: StatementName, parameters?: Parameters): SqliteRow | undefined
  /** How many rows it changed. */
  run(name: StatementName, parameters?: Parameters): number
  /** The number of the row that it inserted. */
  insert(name: StatementName, parameters?: Parameters): number
  /** Prepares every statement, so that a broken one fails at the start and not years later. */
  prepareAll(): void
}

interface Prepared {
  readonly statement: StatementSync
  readonly parameters: number
}

export function statementsOf(db: DatabaseSync): Statements {
  addChecksumFunctions(db)
  const texts = loadStatements()
  const prepared = new Map<StatementName, Prepared>()

  const prepare = (name: StatementName): Prepared => {
    const known = prepared.get(name)
    if (known !== undefined) return known
    const sql = texts.get(name)
    if (sql === undefined) throw new Error(`there is no statement ${name}`)
    const made = { statement: db.prepare(sql), parameters: countParameters(sql) }
    prepared.set(name, made)
    return made
  }
  /** SQLite takes a parameter that is not given for NULL; here it is a mistake. One too many it refuses by itself. */
  const bound = (name: StatementName, parameters: Parameters): StatementSync => {
    const { statement, parameters: expected } = prepare(name)
    const given = Object.keys(parameters).length
    if (given !== expected) throw new Error(`statement ${name} takes ${expected} parameters and got ${given}`)
    return statement
  }
  return {
    all: (name, parameters = {}) => bound(name, parameters).all(parameters),
    get: (name, parameters = {}) => bound(name, parameters).get(parameters),
    run: (name, parameters = {}) => Number(bound(name, parameters).run(parameters).changes),
    insert: (name, parameters = {}) => Number(bound(name, parameters).run(parameters).lastInsertRowid),
    prepareAll() {
      for (const name of texts.keys()) prepare(name)
    },
  }
}

export const loadStatements = (): ReadonlyMap<StatementName, string> =>
  readStatementFiles(new URL('./sql/', import.meta.url), STATEMENT_NAMES)

function countParameters(sql: string): number {
  const code = sql.replaceAll(/--.*$/gm, '').replaceAll(/'[^']*'/g, '')
  return new Set(code.match(/:[a-z_]+/g)).size
}
