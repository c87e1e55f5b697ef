import { z } from 'zod'

/** For so long, by so many lanes, each of which begins its next piece of work when the last has ended. */
const loadRequest = z.object({ seconds: z.number().positive(), lanes: z.int().positive() })

export const loadReply = z.object({ count: z.int(), seconds: z.number(), medianMs: z.number(), p99Ms: z.number() })
export type LoadReply = z.output<typeof loadReply>

/** Rejects with the first failure: a figure of work that failed is worth nothing. What was begun in time counts whole. */
export async function driveLoad(request: unknown, one: (lane: number) => Promise<void>): Promise<LoadReply> {
  const { seconds, lanes } = loadRequest.parse(request)
  const took: number[] = []
  const began = performance.now()
  const until = began + seconds * 1000
  const drive = async (lane: number) => {
    for (let started = began; started < until; ) {
      await one(lane)
      const ended = performance.now()
      took.push(ended - started)
      started = ended
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => drive(lane)))
  const lasted = (performance.now() - began) / 1000
  const sorted = Float64Array.from(took).toSorted()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { count: took.length, seconds: lasted, medianMs: at(0.5), p99Ms: at(0.99) }
}
