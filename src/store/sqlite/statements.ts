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
  /** What `read` reads is of one moment, whatever other connections write meanwhile. Not within a transaction. */
  atOneMoment<T>(read: () => T): T
  /** Prepares every statement, so that a broken one fails at the start and not years later. */
  prepareAll(): void
}

interface Prepared {
  readonly statement: StatementSync
  /** How many different ones there are. */
  readonly parameters: number
  /** Their names in the order of the places. */
  readonly places: readonly string[]
}

export function statementsOf(db: DatabaseSync): Statements {
  addChecksumFunctions(db)
  const begin = db.prepare('BEGIN')
  const commit = db.prepare('COMMIT')
  const texts = loadStatements()
  const prepared = new Map<StatementName, Prepared>()

  const prepare = (name: StatementName): Prepared => {
    const known = prepared.get(name)
    if (known !== undefined) return known
    const sql = texts.get(name)
    if (sql === undefined) throw new Error(`there is no statement ${name}`)
    const { text, places } = withPlaces(sql)
    const made = { statement: db.prepare(text), parameters: new Set(places).size, places }
    prepared.set(name, made)
    return made
  }
  /** SQLite takes a parameter that is not given for NULL; here it is a mistake, and so is one too many. */
  const bound = (name: StatementName, parameters: Parameters) => {
    const { statement, parameters: expected, places } = prepare(name)
    const given = Object.keys(parameters).length
    if (given !== expected) throw new Error(`statement ${name} takes ${expected} parameters and got ${given}`)
    const values = places.map((place) => {
      const value = parameters[place]
      if (value === undefined) throw new Error(`statement ${name} got no parameter ${place}`)
      return value
    })
    return { statement, values }
  }
  const run = (name: StatementName, parameters: Parameters) => {
    const { statement, values } = bound(name, parameters)
    return statement.run(...values)
  }
  return {
    all(name, parameters = {}) {
      const { statement, values } = bound(name, parameters)
      return statement.all(...values)
    },
    get(name, parameters = {}) {
      const { statement, values } = bound(name, parameters)
      return statement.get(...values)
    },
    run: (name, parameters = {}) => Number(run(name, parameters).changes),
    insert: (name, parameters = {}) => Number(run(name, parameters).lastInsertRowid),
    atOneMoment(read) {
      begin.run()
      try {
        return read()
      } finally {
        // Some errors end the transaction themselves; that of a COMMIT would hide them.
        if (db.isTransaction) commit.run()
      }
    },
    prepareAll() {
      for (const name of texts.keys()) prepare(name)
    },
  }
}

export const loadStatements = (): ReadonlyMap<StatementName, string> =>
  readStatementFiles(new URL('./sql/', import.meta.url), STATEMENT_NAMES)

/** A named parameter takes 0.7 µs to bind, one with a place 0.1: each `:name` outside of texts and comments becomes a place. */
function withPlaces(sql: string): { readonly text: string; readonly places: readonly string[] } {
  const places: string[] = []
  const text = sql.replaceAll(/--.*$|'[^']*'|:([a-z_]+)/gm, (found, name: unknown) => {
    if (typeof name !== 'string') return found
    places.push(name)
    return '?'
  })
  return { text, places }
}
