import type { Row } from '../row.ts'
import { readStatementFiles } from '../statement-files.ts'
import type { Connection } from './connection.ts'
import { literal, storable, type Value } from './literal.ts'
import { STATEMENT_NAMES, type StatementName } from './statement-names.ts'

export type Parameters = Readonly<Record<string, Value>>

export interface Ask {
  readonly name: StatementName
  readonly parameters?: Parameters
}

/** The statements on one connection. Parameters are all named and all given. */
export interface Statements {
  all(name: StatementName, parameters?: Parameters): Promise<readonly Row[]>
  get(name: StatementName, parameters?: Parameters): Promise<Row | undefined>
  /** How many rows it changed. */
  run(name: StatementName, parameters?: Parameters): Promise<number>
}

interface Compiled {
  /** What stands around the parameters: one piece more than there are of them. */
  readonly pieces: readonly string[]
  readonly parameters: readonly string[]
}

/** The text of a statement with its parameters. */
export type TextOf = (name: StatementName, parameters?: Parameters) => string

/** Every statement of the .sql files beside. Throws where one is missing. */
export function loadStatements(): TextOf {
  const texts = readStatementFiles(new URL('./sql/', import.meta.url), STATEMENT_NAMES)
  const compiled = new Map([...texts].map(([name, sql]) => [name, compile(sql)]))

  return (name, given = {}) => {
    const statement = compiled.get(name)
    if (statement === undefined) throw new Error(`there is no statement ${name}`)
    const { pieces, parameters } = statement
    const extra = Object.keys(given).find((parameter) => !parameters.includes(parameter))
    if (extra !== undefined) throw new Error(`statement ${name} has no parameter ${extra}`)
    let text = pieces[0] ?? ''
    for (const [index, parameter] of parameters.entries()) {
      const value = given[parameter]
      if (value === undefined) throw new Error(`statement ${name} lacks its parameter ${parameter}`)
      text += literal(value) + (pieces[index + 1] ?? '')
    }
    return text
  }
}

/** Each statement is a message of its own. */
export function statementsOn(connection: Pick<Connection, 'script'>, textOf: TextOf): Statements {
  const ask = async (name: StatementName, parameters?: Parameters) => {
    const answers = await connection.script(textOf(name, parameters))
    return answers.at(-1) ?? { rows: [], count: 0 }
  }
  return {
    all: async (name, parameters) => (await ask(name, parameters)).rows,
    get: async (name, parameters) => (await ask(name, parameters)).rows[0],
    run: async (name, parameters) => (await ask(name, parameters)).count,
  }
}

/** The escapes that the database refuses, and what only looks like one. */
const REFUSED = /\\u(?:0000|d[89a-f])/

/** Rows of a set as one parameter, for `jsonb_to_recordset`. */
export function jsonRows(rows: readonly object[]): string {
  const text = JSON.stringify(rows)
  // Looking at each string takes several times as long, and there is hardly ever one.
  if (!REFUSED.test(text)) return text
  return JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'string' ? storable(value) : value))
}

/** For a parameter that is cast to an array of numbers. */
export const numbers = (list: Iterable<number>): string => `{${[...list].join(',')}}`

/** `:name` is a parameter; `::type` and what is quoted stays. */
function compile(sql: string): Compiled {
  const parameters: string[] = []
  const pieces: string[] = []
  const code = sql.replaceAll(/--.*$/gm, '').replaceAll(/\n\s*/g, '\n').trim()
  let from = 0
  for (const { 0: whole, 1: name, index } of code.matchAll(/'[^']*'|::|:([a-z_]+)/g)) {
    if (name === undefined) continue
    parameters.push(name)
    pieces.push(code.slice(from, index))
    from = index + whole.length
  }
  pieces.push(code.slice(from))
  return { pieces, parameters }
}
