import type { Clock } from '../base/clock.ts'

/** 4 MiB a generation. With a million values in it one in 6,000 that are new is taken for known, with ten million one in 4. */
const BITS = 2 ** 25
const PROBES = 4

/** Which values were certainly not added within `keepMs`, in memory of a fixed size (a Bloom filter). */
export interface NonceFilter {
  /** False: it certainly was not there before. True: perhaps. */
  add(value: string): boolean
}

export function createNonceFilter({ clock, keepMs }: { clock: Pick<Clock, 'now'>; keepMs: number }): NonceFilter {
  let current = new Uint32Array(BITS / 32)
  // What was added at the end of a generation is still known for the whole of the next one.
  let previous: Uint32Array | undefined
  let began = clock.now()

  const turnOver = () => {
    const now = clock.now()
    if (now - began < keepMs) return
    previous = now - began < 2 * keepMs ? current : undefined
    current = new Uint32Array(BITS / 32)
    began = now
  }
  return {
    add(value) {
      turnOver()
      // Two hashes of FNV's kind, and as many sums of them as there are probes.
      let one = 0x811c9dc5
      let two = 0x01000193
      for (let i = 0; i < value.length; i++) {
        const code = value.charCodeAt(i)
        one = Math.imul(one ^ code, 0x01000193)
        two = Math.imul(two ^ code, 0x5bd1e995) ^ (two >>> 15)
      }
      let inCurrent = true
      let inPrevious = previous !== undefined
      for (let probe = 0; probe < PROBES; probe++) {
        const bit = (one + Math.imul(probe, two | 1)) & (BITS - 1)
        const at = bit >>> 5
        const mask = 1 << (bit & 31)
        const word = current[at] ?? 0
        inCurrent &&= (word & mask) !== 0
        inPrevious &&= ((previous?.[at] ?? 0) & mask) !== 0
        current[at] = word | mask
      }
      return inCurrent || inPrevious
    },
  }
}
