import { z } from 'zod'
import type { AuditLine } from '../../../audit/audit-event.ts'
import { segmentOf } from '../../../audit/audit-folder.ts'
import type { AuditReader } from '../../../audit/audit-reader.ts'
import type { Action } from '../../action.ts'
import { nextToken, readNextToken } from '../../next-token.ts'
import { integer, namePart, pageToken, time } from '../../parameter-kinds.ts'
import { auditResource } from '../../resources.ts'

const NAME = 'ListAuditEvents'
const MAX_TEXT = 256
const DAY_MS = 24 * 3600_000

const params = z.object({
  EventAction: namePart(MAX_TEXT)
    .optional()
    .meta({ description: 'Only of this action.', examples: ['CreateAccessKey'] }),
  EventPrincipal: namePart(MAX_TEXT)
    .optional()
    .meta({
      description: 'Only of this caller, as Principal in the answer has it: ACCOUNT:root or ACCOUNT:user/ID.',
      examples: ['100000000000001:root'],
    }),
  EventOutcome: namePart(MAX_TEXT)
    .optional()
    .meta({ description: 'Only with this outcome: OK, Error for all others, or one code.', examples: ['Error'] }),
  StartTime: time()
    .optional()
    .meta({ description: 'Only what happened then or later.', examples: ['2026-01-31T08:30:00Z'] }),
  EndTime: time()
    .optional()
    .meta({ description: 'Only what happened earlier than that.', examples: ['2026-02-01'] }),
  MaxResults: integer(1, 100)
    .prefault('20')
    .meta({ description: 'Most entries of one answer, 1 to 100.', examples: ['50'] }),
  NextToken: pageToken(),
})
type Given = z.output<typeof params>

const event = z.object({
  Sequence: z.number().meta({
    description: 'Its number in the trail of this server, which has entries of other accounts between.',
  }),
  Time: z.string().meta({ description: 'When it was written.', examples: ['2026-01-01T00:00:00.000Z'] }),
  Kind: z.string().meta({
    description:
      'call: of the API. sign-in: a gateway enrolled or connected. operator: done in the folder of the server.',
  }),
  Action: z
    .string()
    .optional()
    .meta({ description: 'What was done.', examples: ['CreateAccessKey'] }),
  Version: z.string().optional().meta({ description: 'Of the API, with a call.' }),
  Outcome: z
    .string()
    .optional()
    .meta({ description: 'OK or the code of the error.', examples: ['OK'] }),
  HttpStatus: z.number().optional().meta({ description: 'Of the answer to a call.' }),
  Denied: z.boolean().optional().meta({
    description: 'True where the permission was missing, also where the answer did not say so.',
  }),
  Principal: z
    .string()
    .optional()
    .meta({ description: 'Who called.', examples: ['100000000000001:root'] }),
  AccessKeyId: z.string().optional().meta({ description: 'With which key.' }),
  BackupGatewayId: z.number().optional().meta({ description: 'Which gateway signed in.' }),
  KeyFingerprint: z.string().optional().meta({ description: 'Of the key that the gateway proved.' }),
  Address: z
    .string()
    .optional()
    .meta({ description: 'From where.', examples: ['203.0.113.7'] }),
  Resource: z.string().optional().meta({ description: 'What was touched, as policies name it.' }),
  Objects: z
    .object({
      Object: z.array(
        z.object({
          Name: z.string().meta({ description: 'A parameter or a field of the answer.', examples: ['TaskId'] }),
          Value: z.string().meta({ description: 'Its value.', examples: ['731905284617093'] }),
        }),
      ),
    })
    .meta({ description: 'What identifies the objects of a call.' }),
  EventRequestId: z.string().optional().meta({ description: 'The request that it was.' }),
  DurationMs: z.number().optional().meta({ description: 'How long a call took, milliseconds.' }),
})

const reply = z.object({
  Events: z.object({ Event: z.array(event) }),
  MaxResults: z.number().meta({ description: 'Most entries of one answer.', examples: [20] }),
  NextToken: z.string().optional().meta({
    description:
      'There may be more: send it with the same parameters. An answer may have fewer entries than MaxResults, even none, and still have it.',
  }),
})
type Reply = z.output<typeof reply>

export function listAuditEvents(services: { audit: AuditReader }): Action<Given, Reply> {
  const { audit } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'list',
    mutates: false,
    summary:
      'Who did what in the account, newest first, from the audit trail of the server that answers; servers that share a store have one each. It takes the permission `audit:ListAuditEvents`, which no policy of the system but AdministratorAccess gives.',
    params,
    reply,
    errors: [],

    async prepare(given, { principal, gone }) {
      const { account } = principal
      return {
        target: { action: `audit:${NAME}`, resource: auditResource(account, 'event'), conditions: {} },
        async handle() {
          const { EventAction, EventPrincipal, EventOutcome, StartTime, EndTime, MaxResults, NextToken } = given
          const filter = [EventAction, EventPrincipal, EventOutcome, StartTime, EndTime].map((each) => each ?? null)
          const bound = [NAME, account, ...filter]
          const query = {
            account,
            limit: MaxResults,
            action: EventAction,
            principal: EventPrincipal,
            outcome: EventOutcome,
            from: StartTime,
            before: EndTime,
            place: NextToken === undefined ? undefined : placeOf(NextToken, bound),
          }
          const { entries, next } = await audit.newest(query, gone.signal)
          return {
            Events: { Event: entries.map(eventOf) },
            MaxResults,
            ...(next && { NextToken: nextToken(bound, [Date.parse(next.segment) / DAY_MS, next.before]) }),
          }
        },
      }
    },
  }
}

function placeOf(token: string, bound: Parameters<typeof readNextToken>[1]) {
  const [day = 0, before = 0] = readNextToken(token, bound, 2)
  // A made-up day gives another page of her own list, and none that there cannot be.
  return { segment: segmentOf(Math.min(day, 2_900_000) * DAY_MS), before }
}

const text = z.string().optional().catch(undefined)
const number = z.number().optional().catch(undefined)
/** What is written is not parsed again when it is read: of an older version it may be otherwise. */
const written = z.object({
  action: text,
  version: text,
  outcome: text,
  status: number,
  denied: z.boolean().optional().catch(undefined),
  principal: text,
  key: text,
  gateway: number,
  address: text,
  target: z.object({ resource: z.string() }).optional().catch(undefined),
  ids: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .optional()
    .catch(undefined),
  requestId: text,
  ms: number,
})

function eventOf(line: AuditLine): Reply['Events']['Event'][number] {
  const found = written.parse(line)
  const isCall = line.kind === 'call'
  return defined({
    Sequence: line.seq,
    Time: line.time,
    Kind: line.kind,
    Action: found.action,
    Version: found.version,
    Outcome: found.outcome,
    HttpStatus: found.status,
    Denied: found.denied,
    Principal: found.principal,
    AccessKeyId: isCall ? found.key : undefined,
    BackupGatewayId: found.gateway,
    KeyFingerprint: isCall ? undefined : found.key,
    Address: found.address,
    Resource: found.target?.resource,
    Objects: { Object: Object.entries(found.ids ?? {}).map(([Name, value]) => ({ Name, Value: String(value) })) },
    EventRequestId: found.requestId,
    DurationMs: found.ms,
  })
}

/** Without the members that are undefined. */
function defined(
  event_: { readonly [K in keyof Reply['Events']['Event'][number]]-?: Reply['Events']['Event'][number][K] | undefined },
) {
  return event.parse(Object.fromEntries(Object.entries(event_).filter(([, value]) => value !== undefined)))
}
