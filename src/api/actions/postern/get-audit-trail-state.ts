import { z } from 'zod'
import type { AuditReader } from '../../../audit/audit-reader.ts'
import type { Action } from '../../action.ts'
import { auditResource } from '../../resources.ts'

const NAME = 'GetAuditTrailState'

const params = z.object({})

const reply = z.object({
  State: z.enum(['Unchecked', 'Intact', 'Broken']).meta({
    description:
      'Of the last check. Intact: every entry follows the one before it, and every signed head is right. Broken: one does not; Problem says where. Unchecked: none has ended yet.',
  }),
  Checking: z.boolean().meta({ description: 'A check runs now: ask again.' }),
  CheckedAt: z.string().optional().meta({ description: 'When the last check began; later entries are not in it.' }),
  CheckedEntries: z.number().optional().meta({ description: 'How many it read, of all accounts.' }),
  FirstSequence: z.number().optional().meta({ description: 'The oldest entry that is kept.' }),
  LastSequence: z.number().optional().meta({ description: 'The last entry that was checked.' }),
  UnsignedEntries: z.number().optional().meta({
    description: 'The last so many had no signed head behind them yet: only the next one protects them.',
  }),
  Problem: z.string().optional().meta({ description: 'The first place that is not as it was written, and why.' }),
  Writable: z.boolean().meta({ description: 'False: nothing can be recorded now, so changes are refused.' }),
  Head: z.string().optional().meta({
    description:
      'SEQ:HASH of the last entry now. Noted elsewhere, it lets `postern audit verify --head` prove the trail up to there.',
  }),
})

export function getAuditTrailState(services: {
  audit: AuditReader
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { audit } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'get',
    mutates: false,
    summary:
      'Whether the audit trail of the server that answers is as it was written. A check goes through all of it, slowly beside other work; asking starts one at most once a minute, and a long trail is checked more seldom. It takes the permission `audit:GetAuditTrailState`.',
    params,
    reply,
    errors: [],

    async prepare(_given, { principal }) {
      return {
        target: { action: `audit:${NAME}`, resource: auditResource(principal.account, 'trail'), conditions: {} },
        async handle() {
          const { state, checking, checkedAt, found, problem } = await audit.verdict()
          const head = await audit.head()
          return {
            State: state,
            Checking: checking,
            ...(checkedAt !== undefined && { CheckedAt: new Date(checkedAt).toISOString() }),
            ...(found && {
              CheckedEntries: found.lines,
              FirstSequence: found.firstSeq,
              LastSequence: found.lastSeq,
              UnsignedEntries: found.unsigned,
            }),
            ...(problem !== undefined && { Problem: problem }),
            Writable: audit.problem === undefined,
            ...(head !== undefined && { Head: head }),
          }
        },
      }
    },
  }
}
