import { z } from 'zod'
import type { FleetService } from '../../../fleet/fleet-service.ts'
import { PosternError } from '../../../model/errors.ts'
import { type EnrollmentId, toEnrollmentId } from '../../../model/ids.ts'
import type { Action } from '../../action.ts'
import { kind } from '../../parameter-kinds.ts'
import { gatewayResource } from '../../resources.ts'

const NAME = 'RevokeGatewayEnrollment'

const params = z.object({
  EnrollmentId: kind<EnrollmentId>({ type: 'string', pattern: '^[0-9a-f]{20}$' }, (text) => {
    const value = toEnrollmentId(text)
    return value === undefined ? { reason: 'It must be 20 lower-case hex digits.' } : { value }
  }).meta({ description: 'The enrolment, from ListGatewayEnrollments.', examples: ['9f86d081884c7d659a2f'] }),
})

const reply = z.object({
  EnrollmentId: z.string().meta({ description: 'The enrolment that was.', examples: ['9f86d081884c7d659a2f'] }),
})

export function revokeGatewayEnrollment(services: {
  fleet: FleetService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { fleet } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'delete',
    mutates: true,
    summary: 'Ends an enrolment token at once. One that was used is refused: delete its gateway instead.',
    params,
    reply,
    errors: ['Enrollment.NotFound', 'Enrollment.Used'],

    async prepare({ EnrollmentId: id }, { principal, burn }) {
      const { account } = principal
      const enrollment = await fleet.enrollment(account, id)
      const found = enrollment && {
        resource: gatewayResource(account, { region: enrollment.region }, 'postern'),
        conditions: {},
      }
      return {
        target: {
          action: `postern:${NAME}`,
          resource: gatewayResource(account, {}, 'postern'),
          conditions: {},
          lookedUp: { found, deniedAs: 'Enrollment.NotFound' },
        },
        async handle() {
          if (enrollment === undefined) throw new PosternError('Enrollment.NotFound')
          await fleet.revokeEnrollment({ account, id }, burn)
          return { EnrollmentId: id }
        },
      }
    },
  }
}
