import { z } from 'zod'
import { ENROLLMENT_STATUSES, type EnrollmentView, type FleetService } from '../../../fleet/fleet-service.ts'
import { invalid } from '../../../model/errors.ts'
import { type EnrollmentId, toEnrollmentId } from '../../../model/ids.ts'
import type { Action } from '../../action.ts'
import { nextToken, readNextToken } from '../../next-token.ts'
import { integer, pageToken } from '../../parameter-kinds.ts'
import { gatewayResource } from '../../resources.ts'

const NAME = 'ListGatewayEnrollments'
/** An id is a number of 80 bits: it goes into a token as two of 40. */
const HALF_DIGITS = 10

const params = z.object({
  MaxResults: integer(1, 100)
    .prefault('20')
    .meta({ description: 'Most enrolments of one answer, 1 to 100.', examples: ['50'] }),
  NextToken: pageToken(),
})

const enrollment = z.object({
  EnrollmentId: z
    .string()
    .meta({ description: 'Names the token and tells nothing of it.', examples: ['9f86d081884c7d659a2f'] }),
  Name: z.string().optional().meta({ description: 'What its gateway will be called, where that was said.' }),
  Region: z.string().meta({ description: 'The region that its gateway will belong to.', examples: ['default'] }),
  CreatedAt: z.string().meta({ description: 'When the token was made.' }),
  CreatedBy: z.string().meta({ description: 'Who made it.' }),
  ExpiresAt: z.string().meta({ description: 'The token works until then.' }),
  Status: z.enum(ENROLLMENT_STATUSES).meta({
    description: 'Open: it can be used. Used: a gateway has enrolled with it. Expired: it can be used no more.',
  }),
  BackupGatewayId: z.number().optional().meta({ description: 'The gateway that enrolled; it may be deleted by now.' }),
})

const reply = z.object({
  Enrollments: z.object({ Enrollment: z.array(enrollment) }),
  MaxResults: z.number().meta({ description: 'Most enrolments of one answer.', examples: [20] }),
  NextToken: z.string().optional().meta({ description: 'There are more: send it for the next page.' }),
})

export function listGatewayEnrollments(services: {
  fleet: FleetService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { fleet } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'list',
    mutates: false,
    summary:
      'The enrolment tokens of the account, newest first, without the tokens. They are removed soon after the time at which they expire.',
    params,
    reply,
    errors: [],

    async prepare({ MaxResults, NextToken }, { principal }) {
      const { account } = principal
      const bound = [NAME, account]
      return {
        target: { action: `postern:${NAME}`, resource: gatewayResource(account, {}, 'postern'), conditions: {} },
        async handle() {
          const after = NextToken === undefined ? undefined : positionOf(NextToken, bound)
          const page = await fleet.enrollments(account, { limit: MaxResults, ...(after && { after }) })
          return {
            Enrollments: { Enrollment: page.enrollments.map(enrollmentOf) },
            MaxResults,
            ...(page.next && { NextToken: nextToken(bound, [page.next.at, ...halvesOf(page.next.id)]) }),
          }
        },
      }
    },
  }
}

function enrollmentOf({ id, name, region, createdAt, createdBy, expiresAt, gateway, status }: EnrollmentView) {
  return {
    EnrollmentId: id,
    ...(name !== undefined && { Name: name }),
    Region: region,
    CreatedAt: new Date(createdAt).toISOString(),
    CreatedBy: createdBy,
    ExpiresAt: new Date(expiresAt).toISOString(),
    Status: status,
    ...(gateway !== undefined && { BackupGatewayId: gateway }),
  }
}

const halvesOf = (id: EnrollmentId) =>
  [id.slice(0, HALF_DIGITS), id.slice(HALF_DIGITS)].map((half) => Number.parseInt(half, 16))

function positionOf(token: string, bound: readonly string[]) {
  const [at = 0, ...halves] = readNextToken(token, bound, 3)
  const id = toEnrollmentId(halves.map((half) => half.toString(16).padStart(HALF_DIGITS, '0')).join(''))
  if (id === undefined) throw invalid('NextToken', 'It is not one that this server gave out.')
  return { at, id }
}
