import { setImmediate } from 'node:timers/promises'

/** Some milliseconds of work. */
const SLICE = 2_000

/** A sorted copy; equal entries keep their order. Others get their turn in between, however long the list is. */
export async function sortInSlices<T extends object>(
  list: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<readonly T[]> {
  const entry = (place: number): T => {
    const found = list[place]
    if (found === undefined) throw new Error('there is no such place')
    return found
  }
  const places = await placesInOrder(list.length, (a, b) => compare(entry(a), entry(b)))
  return Array.from(places, entry)
}

/** The places from 0 to below `count` in the order of what lies there; the same, for what is no list of objects. */
export async function placesInOrder(count: number, compare: (a: number, b: number) => number): Promise<Uint32Array> {
  let places = Uint32Array.from({ length: count }, (_, place) => place)
  for (let from = 0; from < count; from += SLICE) {
    if (from > 0) await setImmediate()
    places.subarray(from, from + SLICE).sort(compare)
  }
  let merged = new Uint32Array(count > SLICE ? count : 0)
  for (let run = SLICE; run < count; run *= 2) {
    for (let from = 0; from < count; from += 2 * run) await merge({ places, merged, from, run }, compare)
    ;[places, merged] = [merged, places]
  }
  return places
}

interface Runs {
  readonly places: Uint32Array
  readonly merged: Uint32Array
  /** Where the first of two runs of the length `run` begins; the second is shorter or missing at the end. */
  readonly from: number
  readonly run: number
}

async function merge({ places, merged, from, run }: Runs, compare: (a: number, b: number) => number): Promise<void> {
  const middle = Math.min(from + run, places.length)
  const end = Math.min(middle + run, places.length)
  let [x, y] = [from, middle]
  for (let to = from; to < end; to++) {
    const [left = 0, right = 0] = [places[x], places[y]]
    merged[to] = y === end || (x < middle && compare(left, right) <= 0) ? (x++, left) : (y++, right)
    if (to % SLICE === SLICE - 1) await setImmediate()
  }
}
