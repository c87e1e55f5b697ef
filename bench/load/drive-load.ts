import { z } from 'zod'

/** So many pieces of work by so many lanes, each of which begins its next one when the last has ended. */
export const loadRequest = z.object({ count: z.int().positive(), lanes: z.int().positive() })

export const loadReply = z.object({ seconds: z.number(), medianMs: z.number(), p99Ms: z.number() })
export type LoadReply = z.output<typeof loadReply>

/** Rejects with the first failure: a figure of work that failed is worth nothing. */
export async function driveLoad(request: unknown, one: (lane: number) => Promise<void>): Promise<LoadReply> {
  const { count, lanes } = loadRequest.parse(request)
  const took = new Float64Array(count)
  let begun = 0
  const began = performance.now()
  const drive = async (lane: number) => {
    while (begun < count) {
      const piece = begun++
      const started = performance.now()
      await one(lane)
      took[piece] = performance.now() - started
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, (_, lane) => drive(lane)))
  const seconds = (performance.now() - began) / 1000
  const sorted = took.toSorted()
  const at = (share: number) => sorted[Math.min(count - 1, Math.floor(count * share))] ?? 0
  return { seconds, medianMs: at(0.5), p99Ms: at(0.99) }
}
