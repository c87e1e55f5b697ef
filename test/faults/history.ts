import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { z } from 'zod'

/** All times are milliseconds of one monotonic clock, that of the process that calls. */
const at = z.number()
const span = { from: at, to: at }

const does = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('create'),
    token: z.string(),
    gateway: z.string(),
    endpoint: z.string(),
    deliveryMs: z.number(),
    executionMs: z.number(),
  }),
  z.object({ action: z.literal('read'), task: z.number() }),
  z.object({ action: z.literal('cancel'), task: z.number() }),
  /** All pages of the tasks of the account. */
  z.object({ action: z.literal('list') }),
])
export type Does = z.output<typeof does>

const says = z.discriminatedUnion('is', [
  z.object({ is: z.literal('created'), task: z.number() }),
  z.object({ is: z.literal('open') }),
  /** Without a code it has succeeded; then the names may be there. */
  z.object({ is: z.literal('ended'), code: z.string().optional(), names: z.array(z.string()).optional() }),
  z.object({ is: z.literal('listed'), tasks: z.array(z.number()) }),
  z.object({ is: z.literal('not found') }),
  z.object({ is: z.literal('refused'), code: z.string() }),
])
export type Says = z.output<typeof says>

const fault = z.object({
  kind: z.literal('fault'),
  name: z.string(),
  ...span,
  /** What it can reach; both left out: everything. */
  gateway: z.string().optional(),
  endpoint: z.string().optional(),
  /** Codes of ended tasks and of refused calls that may come of it, also so much later. */
  explains: z.array(z.string()),
  tailMs: z.number(),
  /** `restart`: the server gave open tasks its grace. `pause`: nothing could end meanwhile. */
  deadlines: z.enum(['restart', 'pause']).optional(),
})
export type FaultEvent = z.output<typeof fault>

/** The databases of an endpoint were made these, at some moment between the two times. */
const truth = z.object({ kind: z.literal('truth'), ...span, endpoint: z.string(), names: z.array(z.string()) })
export type TruthEvent = z.output<typeof truth>

const historyEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('invoke'), at, call: z.number(), account: z.string(), does }),
  z.object({ kind: z.literal('answer'), at, call: z.number(), says }),
  /** Nobody knows whether it happened. */
  z.object({ kind: z.literal('timeout'), at, call: z.number(), why: z.string() }),
  fault,
  truth,
])
export type HistoryEvent = z.output<typeof historyEvent>

/** Writes down what happens, one line of JSON for each event. */
export interface HistoryFile extends AsyncDisposable {
  add(event: HistoryEvent): void
  /** Everything so far, read back from the file. */
  read(): Promise<readonly HistoryEvent[]>
}

export async function openHistory(path: string): Promise<HistoryFile> {
  const file = await open(path, 'a')
  const stream = file.createWriteStream()
  return {
    add: (event) => void stream.write(`${JSON.stringify(event)}\n`),
    async read() {
      await new Promise<void>((resolve, reject) => {
        stream.write('', (error) => (error instanceof Error ? reject(error) : resolve()))
      })
      return parseHistory(readFileSync(path, 'utf8'))
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => stream.end(() => resolve()))
    },
  }
}

function parseHistory(text: string): readonly HistoryEvent[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => historyEvent.parse(JSON.parse(line)))
}
