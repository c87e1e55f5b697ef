import { setImmediate } from 'node:timers/promises'

/** Some milliseconds of work. */
const SLICE = 2_000

/** A sorted copy; equal entries keep their order. Others get their turn in between, however long the list is. */
export async function sortInSlices<T extends object>(
  list: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<readonly T[]> {
  let runs: T[][] = []
  for (let from = 0; from < list.length; from += SLICE) {
    if (from > 0) await setImmediate()
    runs.push(list.slice(from, from + SLICE).toSorted(compare))
  }
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let i = 0; i < runs.length; i += 2) merged.push(await merge(runs[i] ?? [], runs[i + 1] ?? [], compare))
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<T extends object>(a: T[], b: T[], compare: (a: T, b: T) => number): Promise<T[]> {
  const merged: T[] = []
  let [x, y] = [0, 0]
  for (;;) {
    const [left, right] = [a[x], b[y]]
    if (left === undefined || right === undefined) return merged.concat(a.slice(x), b.slice(y))
    if (compare(left, right) <= 0) {
      merged.push(left)
      x++
    } else {
      merged.push(right)
      y++
    }
    if (merged.length % SLICE === 0) await setImmediate()
  }
}
