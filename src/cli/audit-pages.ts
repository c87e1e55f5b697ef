import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { listAudit } from '../admin/operations/list-audit.ts'
import type { AuditLine } from '../audit/audit-event.ts'
import type { AuditPage, AuditPlace, AuditQuery } from '../audit/audit-page.ts'
import { STORE_FILE } from '../store/sqlite/store-file.ts'
import { administer } from './administer.ts'
import { folderOf } from './audit-commands.ts'
import { CommandError, EXIT } from './exit-code.ts'
import { printable } from './table.ts'

/**
 * The entries of a trail, a page at a time: from the server that runs on it, or from the files where none does. Throws
 * CommandError with the place where the trail cannot be read further, after the entries before it.
 */
export async function* auditPages(data: string, query: AuditQuery): AsyncGenerator<readonly AuditLine[]> {
  const { readAuditPage } = await import('../audit/audit-page.ts')
  const folder = folderOf(data)
  // A trail that was copied without its store: no server writes it.
  const isCopy = !existsSync(join(data, STORE_FILE))
  let from: AuditPlace | undefined
  do {
    const asked = { ...query, from }
    const page: AuditPage = isCopy
      ? await readAuditPage(folder, asked, new AbortController().signal)
      : await askFor(data, asked)
    yield page.entries
    if (page.problem !== undefined) throw new CommandError(EXIT.failed, printable(page.problem))
    from = page.next
  } while (from !== undefined)
}

async function askFor(data: string, { since, action, principal, from }: AuditQuery): Promise<AuditPage> {
  const params = {
    Since: new Date(since).toISOString(),
    Action: action,
    Principal: principal,
    From: from && { Segment: from.segment, Line: from.number, Offset: from.end },
  }
  const options = { command: 'postern audit list', options: { data } }
  const { Entries, Next, Problem } = await administer(listAudit, params, options)
  return {
    entries: Entries,
    ...(Next && { next: { segment: Next.Segment, number: Next.Line, end: Next.Offset } }),
    ...(Problem !== undefined && { problem: Problem }),
  }
}
