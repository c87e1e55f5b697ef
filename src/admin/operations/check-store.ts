import { z } from 'zod'
import type { Operation } from '../operation.ts'

const DEADLINE_MS = 3_600_000

const params = z.strictObject({ Quick: z.boolean() })
const reply = z.object({
  Checked: z.array(z.object({ What: z.string(), Count: z.number() })),
  /** Tasks that are older than their checksums. */
  Unchecked: z.number(),
  Problems: z.array(z.string()),
})

export const checkStore: Operation<z.infer<typeof params>, z.infer<typeof reply>> = {
  name: 'check-store',
  params,
  reply,
  deadlineMs: DEADLINE_MS,
  recorded: false,
  async run({ Quick }, { services, signal }) {
    const { file, keyFile, jobs } = services
    const { checked, unchecked, problems } = await jobs.check({ file, keyFile, quick: Quick }, signal)
    const counts = checked.map(({ what, count }) => ({ What: what, Count: count }))
    return { Checked: counts, Unchecked: unchecked, Problems: [...problems] }
  },
}
