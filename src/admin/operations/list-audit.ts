import { z } from 'zod'
import { auditLine } from '../../audit/audit-event.ts'
import { readAuditPage } from '../../audit/audit-page.ts'
import type { Operation } from '../operation.ts'
import { SHORT_DEADLINE_MS } from './account-parameters.ts'

/** Where a page ended. */
const place = z.strictObject({
  Segment: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'It must be a day: 2026-01-31.' }),
  Line: z.int().nonnegative(),
  Offset: z.int().nonnegative(),
})
const params = z.strictObject({
  Since: z.iso.datetime().optional(),
  Action: z.string().max(256).optional(),
  Principal: z.string().max(256).optional(),
  From: place.optional(),
})
const reply = z.object({
  /** As they lie in the trail. */
  Entries: z.array(auditLine),
  /** Goes into `From` of the next page; missing on the last one. */
  Next: place.optional(),
  /** Why nothing behind these entries can be read. */
  Problem: z.string().optional(),
})

/** A page of the audit trail, oldest first. */
export const listAudit: Operation<z.infer<typeof params>, z.infer<typeof reply>> = {
  name: 'list-audit',
  params,
  reply,
  deadlineMs: SHORT_DEADLINE_MS,
  recorded: false,
  async run({ Since, Action, Principal, From }, { services, signal }) {
    const from = From && { segment: From.Segment, number: From.Line, end: From.Offset }
    const since = Since === undefined ? 0 : Date.parse(Since)
    const query = { since, action: Action, principal: Principal, from }
    const { entries, next, problem } = await readAuditPage(services.auditFolder, query, signal)
    return {
      Entries: [...entries],
      ...(next && { Next: { Segment: next.segment, Line: next.number, Offset: next.end } }),
      ...(problem !== undefined && { Problem: problem }),
    }
  },
}
