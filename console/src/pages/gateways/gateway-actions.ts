import * as z from 'zod/mini'
import { VERSION } from '../../api/products.ts'
import type { Tone } from '../../components/status-badge.tsx'

const version = VERSION.postern

const gateway = z.object({
  BackupGatewayId: z.number(),
  Name: z.string(),
  Region: z.string(),
  BackupGatewayStatus: z.string(),
  CreatedAt: z.string(),
  LastSeenAt: z.optional(z.string()),
  RoundTripMs: z.optional(z.number()),
  ClockDriftMs: z.optional(z.number()),
  Version: z.optional(z.string()),
  Hostname: z.optional(z.string()),
  Address: z.optional(z.string()),
  LocalAddress: z.optional(z.string()),
  KeyFingerprint: z.string(),
  QueuedTasks: z.number(),
  RunningTasks: z.number(),
})
export type Gateway = z.infer<typeof gateway>

const gateways = z.object({
  Gateways: z.object({ Gateway: z.array(gateway) }),
  TotalCount: z.number(),
  NextToken: z.optional(z.string()),
})
export type GatewaysAnswer = z.infer<typeof gateways>
export const LIST_GATEWAYS = { action: 'ListGateways', version, answer: gateways }

export const UPDATE_GATEWAY = { action: 'UpdateGateway', version, answer: z.object({ Name: z.string() }) }
export const DELETE_GATEWAY = { action: 'DeleteGateway', version, answer: z.object({ BackupGatewayId: z.number() }) }

export const GATEWAY_HISTORY = {
  action: 'GetGatewayHistory',
  version,
  answer: z.object({
    KnownSince: z.optional(z.string()),
    PerMinute: z.object({
      Minute: z.array(
        z.object({
          Start: z.string(),
          OnlineSeconds: z.number(),
          RoundTripMs: z.optional(z.number()),
          RunningTasks: z.optional(z.number()),
        }),
      ),
    }),
  }),
}

export const CREATE_ENROLMENT = {
  action: 'CreateGatewayEnrollment',
  version,
  answer: z.object({ EnrollmentToken: z.string(), EnrollmentId: z.string(), ExpiresAt: z.string() }),
}

const enrolment = z.object({
  EnrollmentId: z.string(),
  Name: z.optional(z.string()),
  Region: z.string(),
  CreatedBy: z.string(),
  ExpiresAt: z.string(),
  Status: z.string(),
  BackupGatewayId: z.optional(z.number()),
})
export type Enrolment = z.infer<typeof enrolment>
const enrolments = z.object({
  Enrollments: z.object({ Enrollment: z.array(enrolment) }),
  NextToken: z.optional(z.string()),
})
export type EnrolmentsAnswer = z.infer<typeof enrolments>
export const LIST_ENROLMENTS = { action: 'ListGatewayEnrollments', version, answer: enrolments }
export const REVOKE_ENROLMENT = {
  action: 'RevokeGatewayEnrollment',
  version,
  answer: z.object({ EnrollmentId: z.string() }),
}

export const STATUSES = ['ONLINE', 'OFFLINE', 'CONFLICT', 'STOPPED', 'UPGRADING'] as const
export const STATUS_TONES: Readonly<Record<string, Tone>> = {
  ONLINE: 'good',
  OFFLINE: 'bad',
  CONFLICT: 'bad',
  STOPPED: 'quiet',
  UPGRADING: 'busy',
}
