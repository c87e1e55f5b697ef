import { hash } from 'node:crypto'
import { type GatewayId, PUBLIC_ID_MAX, PUBLIC_ID_MIN, type TaskId, toGatewayId, toTaskId } from '../model/ids.ts'

const HALF_BITS = 25
const HALF = 2 ** HALF_BITS
const ROUNDS = 8
const KEY_BYTES = 32
const MAX_CACHED = 10_000
/** How many public ids there are; inside, numbers run from 0 to one less. */
const COUNT = PUBLIC_ID_MAX - PUBLIC_ID_MIN + 1

/** Every kind has its own permutation, so that a task's id tells nothing about a gateway's. Never renumber. */
const TAGS = { task: 1, gateway: 2 } as const

/** Turns the sequential numbers of a store into the ids that clients see, and back. */
export interface PublicIds {
  taskId(number: number): TaskId
  taskNumber(id: TaskId): number
  gatewayId(number: number): GatewayId
  gatewayNumber(id: GatewayId): number
}

/** `key`: 32 random bytes made with the store. With another key every id that was given out means something else. */
export function publicIds(key: Uint8Array): PublicIds {
  if (key.length !== KEY_BYTES) throw new RangeError(`the key of the ids must have ${KEY_BYTES} bytes`)
  const task = permutation(key, TAGS.task)
  const gateway = permutation(key, TAGS.gateway)
  return {
    taskId: (number) => known(toTaskId(task.outward(number))),
    taskNumber: (id) => task.inward(id),
    gatewayId: (number) => known(toGatewayId(gateway.outward(number))),
    gatewayNumber: (id) => gateway.inward(id),
  }
}

function known<T>(id: T | undefined): T {
  if (id === undefined) throw new RangeError('the permutation left its range')
  return id
}

/** A balanced Feistel network on 50 bits. What falls outside the range walks on until it is inside; 1.25 walks on average. */
function permutation(key: Uint8Array, tag: number) {
  const input = Buffer.alloc(KEY_BYTES + 6)
  input.set(key)
  input[KEY_BYTES] = tag

  const round = (number: number, half: number): number => {
    input[KEY_BYTES + 1] = number
    input.writeUInt32BE(half, KEY_BYTES + 2)
    // The lowest bits of its first four bytes. As a string it takes a third of the time of a buffer.
    const digest = hash('sha256', input, 'binary')
    return (
      ((digest.charCodeAt(0) & 1) << 24) |
      (digest.charCodeAt(1) << 16) |
      (digest.charCodeAt(2) << 8) |
      digest.charCodeAt(3)
    )
  }
  const forward = (value: number): number => {
    let left = Math.floor(value / HALF)
    let right = value % HALF
    for (let i = 0; i < ROUNDS; i++) [left, right] = [right, left ^ round(i, right)]
    return left * HALF + right
  }
  const backward = (value: number): number => {
    let left = Math.floor(value / HALF)
    let right = value % HALF
    for (let i = ROUNDS - 1; i >= 0; i--) [left, right] = [right ^ round(i, left), left]
    return left * HALF + right
  }
  // Ten hashes on average, and a task is asked for a dozen times while it lives, a gateway all the time.
  const ids = new Map<number, number>()
  const numbers = new Map<number, number>()
  const remember = (number: number, id: number) => {
    if (ids.size >= MAX_CACHED) {
      ids.clear()
      numbers.clear()
    }
    ids.set(number, id)
    numbers.set(id, number)
  }
  return {
    outward(number: number): number {
      const cached = ids.get(number)
      if (cached !== undefined) return cached
      const id = PUBLIC_ID_MIN + walk(forward, number)
      remember(number, id)
      return id
    },
    inward(id: number): number {
      const cached = numbers.get(id)
      if (cached !== undefined) return cached
      const number = walk(backward, id - PUBLIC_ID_MIN)
      remember(number, id)
      return number
    },
  }
}

function walk(step: (value: number) => number, start: number): number {
  if (!Number.isSafeInteger(start) || start < 0 || start >= COUNT) throw new RangeError('not a number of this store')
  let value = step(start)
  while (value >= COUNT) value = step(value)
  return value
}
