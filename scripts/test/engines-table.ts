import { basename } from 'node:path'
import * as z from 'zod'
import { SERVER_NOTE } from '../../test/engines/server-note.ts'
import type { FileReport } from './test-file.ts'

const serverNoteSchema = z.object({
  suite: z.string(),
  engine: z.string(),
  product: z.string(),
  version: z.string(),
  real: z.boolean(),
})

interface Row {
  readonly engine: string
  /** Product and version as the server said. */
  readonly server: string
  readonly kind: string
  passed: number
  failed: number
  readonly skips: { title: string; reason: string }[]
}

const HEAD = ['engine', 'server, as it said', 'which', 'passed', 'failed', 'skipped'] as const

/** One row for each server that the contract suite ran against, and one for what else the files of an engine try. */
export function engineTable(reports: readonly FileReport[]): string {
  const rows = reports.flatMap(rowsOf)
  const merged = [...Map.groupBy(rows, ({ engine, server, kind }) => JSON.stringify([engine, server, kind])).values()]
  const sums = merged.flatMap(([first, ...others]) => (first === undefined ? [] : [others.reduce(add, first)]))
  const sorted = sums.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  const cells = sorted.map(({ engine, server, kind, passed, failed, skips }) =>
    [engine, server, kind, passed, failed, skips.length].map(String),
  )
  const widths = HEAD.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const format = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  const reasons = sorted.flatMap(({ engine, skips }) =>
    skips.map(({ title, reason }) => `  ${engine}: ${title} (${reason})`),
  )
  return [
    '',
    format(HEAD),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...cells.map(format),
    ...(reasons.length > 0 ? ['', 'Skipped:', ...new Set(reasons)] : []),
  ]
    .map((line) => line.trimEnd())
    .join('\n')
}

const sortKey = ({ engine, kind }: Row) => `${engine.toLowerCase()} ${RANK.indexOf(kind)}`
const RANK = ['real', 'stand-in', '']

function rowsOf(report: FileReport): readonly Row[] {
  const contracts = report.notes
    .filter((note) => note.startsWith(SERVER_NOTE))
    .map((note) => serverNoteSchema.parse(JSON.parse(note.slice(SERVER_NOTE.length))))
  const rest: Row = {
    engine: engineOf(report.name),
    server: 'cases of its own',
    kind: '',
    passed: 0,
    failed: 0,
    skips: [],
  }
  const rows = contracts.map(({ suite, engine, product, version, real }) => ({
    suite,
    row: { ...rest, engine, server: `${product} ${version}`, kind: real ? 'real' : 'stand-in', skips: [] } as Row,
  }))
  const rowFor = (title: string) => rows.find(({ suite }) => title.startsWith(`${suite} › `))?.row ?? rest
  for (const title of report.passes) rowFor(title).passed++
  for (const { title } of report.failures) rowFor(title).failed++
  for (const skip of report.skips) rowFor(skip.title).skips.push(skip)
  const counted = rest.passed + rest.failed + rest.skips.length
  return [...rows.map(({ row }) => row), ...(counted > 0 ? [rest] : [])]
}

function add(sum: Row, { passed, failed, skips }: Row): Row {
  return { ...sum, passed: sum.passed + passed, failed: sum.failed + failed, skips: [...sum.skips, ...skips] }
}

/** By the name of the file, as test/engines/ has them. */
const ENGINES: Readonly<Record<string, string>> = {
  mysql: 'MariaDB',
  postgresql: 'PostgreSQL',
  redis: 'Redis',
  mongodb: 'MongoDB',
  oracle: 'Oracle',
  sqlserver: 'MSSQL',
}

export function engineOf(path: string): string {
  return ENGINES[/^[a-z]+/.exec(basename(path))?.[0] ?? ''] ?? '(every engine)'
}
