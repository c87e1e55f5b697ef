/** Something that will happen. */
export interface Planned {
  cancel(): void
}

/** Time that goes from one event to the next; nothing happens between two. */
export interface Timeline {
  /** Milliseconds since the beginning. */
  readonly now: number
  /** Events of one moment happen in the order in which they were planned. */
  plan(afterMs: number, run: () => void): Planned
  /** Runs the next event; false where there is none. */
  step(): boolean
}

interface Entry {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

export function createTimeline(): Timeline {
  const heap: Entry[] = []
  let now = 0
  let planned = 0

  return {
    get now() {
      return now
    },
    plan(afterMs, run) {
      const entry: Entry = { at: now + Math.max(0, afterMs), order: planned++, run }
      push(heap, entry)
      return {
        cancel() {
          entry.run = undefined
        },
      }
    },
    step() {
      for (let entry = pop(heap); entry !== undefined; entry = pop(heap)) {
        const { run } = entry
        if (run === undefined) continue
        now = entry.at
        entry.run = undefined
        run()
        return true
      }
      return false
    },
  }
}

const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order)

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (above === undefined || isBefore(above, entry)) break
    heap[index] = above
    index = parent
  }
  heap[index] = entry
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (last === undefined || last === first) return first
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    const [a, b] = [heap[left], heap[left + 1]]
    if (a === undefined) break
    const useRight = b !== undefined && isBefore(b, a)
    const child = useRight ? b : a
    if (isBefore(last, child)) break
    heap[index] = child
    index = useRight ? left + 1 : left
  }
  heap[index] = last
  return first
}
