import { z } from 'zod'
import type { Target } from '../access/authorise.ts'
import type { Principal } from '../access/principal.ts'
import type { AuditTrail } from '../audit/audit-trail.ts'
import { PosternError } from '../model/errors.ts'
import type { RequestId } from '../model/ids.ts'
import type { Answered, CallFacts } from './pipeline.ts'

/** What the API tells the audit trail. */
export interface ApiAudit {
  /** Throws ServiceUnavailable where a change could not be recorded. */
  beforeChange(): void
  /** Resolves when the entry is on disk; the answer is sent after it. */
  answered(
    answered: Omit<Answered, 'answer'>,
    about: { readonly requestId: RequestId; readonly address: string; readonly ms: number },
  ): Promise<void>
  enrolled(gateway: {
    readonly gateway: number
    readonly account: string
    readonly requestId: RequestId
    readonly address: string
  }): Promise<void>
  notEnrolled(address: string, error: PosternError): void
  /** A one-use code was exchanged for the temporary key `key`. */
  consoleOpened(opened: {
    readonly principal: Principal
    readonly key: string
    readonly requestId: string
    readonly address: string
  }): Promise<void>
  consoleRefused(address: string, error: PosternError): void
}

/** `auditReads`: whether successful reads are recorded; asked for each. */
export function createApiAudit(trail: AuditTrail, auditReads: () => boolean): ApiAudit {
  return {
    beforeChange() {
      if (trail.problem === undefined) return
      throw new PosternError('ServiceUnavailable', { reason: 'The audit trail cannot be written.' })
    },
    async answered({ principal, facts, error }, { requestId, address, ms }) {
      // Of the table of errors, so that their number is bounded.
      if (error !== undefined && facts === undefined) {
        if (principal === undefined || error.entry === 'SignatureNonceUsed') trail.failed(address, error.entry)
        return
      }
      if (principal === undefined || facts === undefined || !isRecorded(facts, error, auditReads)) return
      const { action, denied } = facts
      const target = facts.target && touched(facts.target)
      await trail.record({
        kind: 'call',
        account: principal.account,
        principal: principal.id,
        key: principal.key,
        address,
        action: action.name,
        version: action.version,
        ...(target && { target }),
        ids: idsOf(facts),
        ...(denied && { denied }),
        outcome: error?.code ?? 'OK',
        status: error?.status ?? 200,
        requestId,
        ms,
      })
    },
    enrolled: (gateway) => trail.record({ kind: 'sign-in', action: 'EnrollGateway', ...gateway, outcome: 'OK' }),
    notEnrolled: (address, { entry }) => trail.failed(address, entry),
    consoleOpened: ({ principal: { account, id: principal }, ...about }) =>
      trail.record({ kind: 'sign-in', action: 'OpenConsole', account, principal, ...about, outcome: 'OK' }),
    consoleRefused: (address, { entry }) => trail.failed(address, entry),
  }
}

function isRecorded(facts: CallFacts, error: PosternError | undefined, auditReads: () => boolean): boolean {
  const { action, denied, target } = facts
  if (action.mutates || denied) return true
  if (error === undefined) return auditReads()
  // As a hidden denial is: the time that an answer takes must not tell which of the two it is (row 14).
  return error.entry === target?.lookedUp?.deniedAs
}

/** What was found, where something was looked up. */
function touched({ action, resource, conditions, lookedUp }: Target) {
  return { action, ...(lookedUp?.found ?? { resource, conditions }) }
}

/** The only parameters, and the only fields of an answer to a change, that are ever copied. */
const id = z
  .union([z.string().max(128), z.number()])
  .optional()
  .catch(undefined)
const ids = z.object({
  TaskId: id,
  BackupGatewayId: id,
  UserName: id,
  NewUserName: id,
  UserId: id,
  UserAccessKeyId: id,
  AccessKeyId: id,
  PolicyType: id,
  PolicyName: id,
  Status: id,
})
/** A reply has its object one level down at most. */
const reply = ids.extend({
  User: ids.optional().catch(undefined),
  AccessKey: ids.optional().catch(undefined),
})

function idsOf({ action, params, reply: body }: CallFacts): Readonly<Record<string, string | number>> {
  const made = action.mutates ? (reply.safeParse(body).data ?? {}) : {}
  const { User: user, AccessKey: key, ...own } = { User: undefined, AccessKey: undefined, ...made }
  const all = { ...ids.safeParse(params).data, ...defined(own), ...defined(user), ...defined(key) }
  return defined(all)
}

function defined(given: Readonly<Record<string, string | number | undefined>> | undefined) {
  return Object.fromEntries(
    Object.entries(given ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
}
