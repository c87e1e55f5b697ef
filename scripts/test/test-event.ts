import * as z from 'zod'

/** One line of what event-reporter.ts writes. Only tests are told, not the suites that merely group them. */
export const testEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), title: z.string() }),
  /** What a test said of itself by `context.diagnostic`. */
  z.object({ kind: z.literal('note'), text: z.string() }),
  z.object({ kind: z.literal('passed'), title: z.string() }),
  z.object({ kind: z.literal('skipped'), title: z.string(), reason: z.string() }),
  z.object({
    kind: z.literal('failed'),
    title: z.string(),
    /** `file:line` of the test, or empty. */
    place: z.string(),
    /** Empty for a test that failed only because one inside it did: that one tells why. */
    error: z.string(),
  }),
])

export type TestEvent = z.infer<typeof testEventSchema>
