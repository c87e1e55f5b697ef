import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import type { Random } from '../fuzz/random.ts'

/**
 * Until it is disposed of, what the sources take from the runtime and not from a clock comes from the seed too: random
 * bytes and numbers, and the turns that long work gives to others, which become events like any other.
 */
export function seedBuiltins(random: Random, turn: () => Promise<void>): Disposable {
  const before = { randomBytes: crypto.randomBytes, setImmediate: timers.setImmediate, random: Math.random }
  const randomBytes = (size: number) => Buffer.from(Array.from({ length: size }, () => random.below(256)))
  Object.assign(crypto, { randomBytes })
  Object.assign(timers, { setImmediate: turn })
  Math.random = () => random.below(2 ** 32) / 2 ** 32
  syncBuiltinESMExports()
  return {
    [Symbol.dispose]() {
      Object.assign(crypto, { randomBytes: before.randomBytes })
      Object.assign(timers, { setImmediate: before.setImmediate })
      Math.random = before.random
      syncBuiltinESMExports()
    },
  }
}
