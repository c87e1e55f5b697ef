import type { Command } from 'commander'
import { z } from 'zod'
import type { AuditLine } from '../audit/audit-event.ts'
import { auditPages } from './audit-pages.ts'
import { choiceOption } from './choice-option.ts'
import { usageError } from './exit-code.ts'
import { printable } from './table.ts'
import { timeOf } from './task-list-command.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly data: string
  readonly since?: string
  readonly action?: string
  readonly principal?: string
  readonly output: string
}

/** Places of the columns but the last: the list is printed while it is read. */
const COLUMNS = { TIME: 24, PRINCIPAL: 37, ADDRESS: 15, ACTION: 30, OUTCOME: 20 } as const

const shown = z.looseObject({
  principal: z.string().optional(),
  gateway: z.number().optional(),
  address: z.string().optional(),
  action: z.string().optional(),
  outcome: z.string().optional(),
  target: z.object({ resource: z.string() }).optional(),
  ids: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  counts: z.record(z.string(), z.number()).optional(),
})

export function addAuditListCommand(audit: Command, terminal: Terminal): void {
  audit
    .command('list')
    .summary('list who did what, oldest first')
    .description('With --output json one entry a line, whole, as it lies in the trail.')
    .requiredOption('--data <dir>', 'folder of the server')
    .option('--since <time>', 'only since then: 2026-01-31T08:30:00Z, 2026-01-31, or 90s, 30m, 12h, 7d ago')
    .option('--action <action>', 'only of this action')
    .option('--principal <principal>', 'only of this caller: ACCOUNT:root or ACCOUNT:user/ID')
    .addOption(choiceOption('--output <form>', 'form of the list', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  postern audit list --data /var/lib/postern --since 24h\n  postern audit list --data /var/lib/postern --action CreateAccessKey --output json',
    )
    .action(async (options: Options) => {
      const since = options.since === undefined ? 0 : Date.parse(timeOf(options.since, Date.now()))
      if (Number.isNaN(since)) throw usageError('--since is a time such as 2026-01-31T08:30:00Z, or 24h.')
      await print(options, since, terminal)
    })
}

async function print(options: Options, since: number, terminal: Terminal): Promise<void> {
  const { data, action, principal, output } = options
  const pages = auditPages(data, { since, action, principal })
  const first = await pages.next()
  const asJson = output === 'json'
  if (!asJson) terminal.out(`${row(Object.keys(COLUMNS), 'WHAT')}\n`)
  for (let page = first; page.done !== true; page = await pages.next()) {
    for (const line of page.value) terminal.out(`${asJson ? JSON.stringify(line) : tableRow(line)}\n`)
  }
}

function tableRow(line: AuditLine): string {
  const entry = shown.safeParse(line).data ?? {}
  const who = entry.principal ?? (entry.gateway === undefined ? '' : `gateway ${entry.gateway}`)
  const cells = [line.time, who, entry.address ?? '', entry.action ?? line.kind, entry.outcome ?? '']
  const facts = Object.entries({ ...entry.ids, ...entry.counts }).map(([name, value]) => `${name}=${value}`)
  return row(cells, [entry.target?.resource ?? '', ...facts].filter((part) => part !== '').join(' '))
}

function row(cells: readonly string[], last: string): string {
  const places = Object.values(COLUMNS)
  const padded = cells.map((cell, at) => printable(cell).padEnd(places[at] ?? 0))
  return [...padded, printable(last)].join('  ').trimEnd()
}
