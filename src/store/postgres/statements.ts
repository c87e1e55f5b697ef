import type { Row } from '../row.ts'
import { readStatementFiles } from '../statement-files.ts'
import type { Connection, Value } from './connection.ts'
import { STATEMENT_NAMES, type StatementName } from './statement-names.ts'

export type Parameters = Readonly<Record<string, Value>>

/** The statements on one connection. Parameters are all named and all given. */
export interface Statements {
  all(name: StatementName, parameters?: Parameters): Promise<readonly Row[]>
  get(name: StatementName, parameters?: Parameters): Promise<Row | undefined>
  /** How many rows it changed. */
  run(name: StatementName, parameters?: Parameters): Promise<number>
}

interface Compiled {
  readonly text: string
  /** Of $1, $2, … */
  readonly parameters: readonly string[]
}

/** Every statement of the .sql files beside, ready to be sent. Throws where one is missing. */
export function loadStatements(): (connection: Connection) => Statements {
  const texts = readStatementFiles(new URL('./sql/', import.meta.url), STATEMENT_NAMES)
  const compiled = new Map([...texts].map(([name, sql]) => [name, compile(sql)]))

  return (connection) => {
    const ask = (name: StatementName, given: Parameters) => {
      const statement = compiled.get(name)
      if (statement === undefined) throw new Error(`there is no statement ${name}`)
      const { text, parameters } = statement
      const values = parameters.map((parameter) => {
        const value = given[parameter]
        if (value === undefined) throw new Error(`statement ${name} lacks its parameter ${parameter}`)
        return typeof value === 'string' ? storable(value) : value
      })
      const extra = Object.keys(given).find((parameter) => !parameters.includes(parameter))
      if (extra !== undefined) throw new Error(`statement ${name} has no parameter ${extra}`)
      return connection.query(text, values)
    }
    return {
      all: async (name, parameters = {}) => (await ask(name, parameters)).rows,
      get: async (name, parameters = {}) => (await ask(name, parameters)).rows[0],
      run: async (name, parameters = {}) => (await ask(name, parameters)).count,
    }
  }
}

/** Rows of a set as one parameter, for `jsonb_to_recordset`. */
export const jsonRows = (rows: readonly object[]): string =>
  JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'string' ? storable(value) : value))

/** For a parameter that is cast to an array of numbers. */
export const numbers = (list: Iterable<number>): string => `{${[...list].join(',')}}`

/** The database takes neither the character 0 nor half of a pair of surrogates. */
const storable = (text: string) => text.toWellFormed().replaceAll('\0', '\uFFFD')

/** `:name` becomes `$1` and so on; `::type` and what is quoted stays. */
function compile(sql: string): Compiled {
  const parameters: string[] = []
  const code = sql.replaceAll(/--.*$/gm, '')
  const text = code.replaceAll(/'[^']*'|::|:([a-z_]+)/g, (whole, name: string | undefined) => {
    if (name === undefined) return whole
    if (!parameters.includes(name)) parameters.push(name)
    return `$${parameters.indexOf(name) + 1}`
  })
  return { text: text.trim(), parameters }
}
