import * as z from 'zod/mini'
import { VERSION } from '../../api/products.ts'

const failures = z.object({ Failure: z.array(z.object({ Code: z.string(), Count: z.number() })) })

const minute = z.object({
  Start: z.string(),
  Complete: z.boolean(),
  Succeeded: z.number(),
  Failed: z.number(),
  Cancelled: z.number(),
  TimedOut: z.number(),
  LatencyP50Ms: z.optional(z.number()),
  LatencyP90Ms: z.optional(z.number()),
  LatencyP99Ms: z.optional(z.number()),
})
export type Minute = z.infer<typeof minute>

const statistics = z.object({
  Complete: z.boolean(),
  Gateways: z.object({
    Total: z.number(),
    Online: z.number(),
    Offline: z.number(),
    Conflict: z.number(),
    Stopped: z.number(),
    Upgrading: z.number(),
  }),
  QueuedTasks: z.number(),
  RunningTasks: z.number(),
  Failures: failures,
  OtherFailures: z.number(),
  PerMinute: z.object({ Minute: z.array(minute) }),
})
export type Statistics = z.infer<typeof statistics>

export const STATISTICS = { action: 'GetStatistics', version: VERSION.postern, answer: statistics }

export const ENDED_STATES = ['Succeeded', 'Failed', 'TimedOut', 'Cancelled'] as const

export const endedIn = (each: Minute): number => ENDED_STATES.reduce((sum, state) => sum + each[state], 0)
