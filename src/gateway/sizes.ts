import { type Clock, sleep } from '../base/clock.ts'
import type { DatabaseSize, EngineSession, MissingSizes } from '../engines/engine.ts'
import { PosternError } from '../model/errors.ts'
import type { DatabaseRecord, Listing } from '../model/listing.ts'

/** The wire has the same deadline; this is for what does not keep to it. */
const LATER_MS = 250
/** Kept for what comes after the sizes, so that they cost no task its deadline. */
const RESERVED_MS = 2_000
/** Time in which nothing can be found out. */
const LEAST_MS = 100

export interface SizesContext {
  readonly budgetMs: number
  /** When the attempt has to be over, by the clock. */
  readonly endsAt: number
  readonly clock: Clock
  /** Ends the attempt itself. */
  readonly signal: AbortSignal
}

/** The listing with the sizes that could be found out in time, and a warning where some could not. Never rejects. */
export async function withSizes(session: EngineSession, listing: Listing, context: SizesContext): Promise<Listing> {
  const found = new Map<string, number>()
  const missing = await measure(session, context, ({ bytes, ...name }) => {
    if (Number.isSafeInteger(bytes) && bytes >= 0) found.set(keyOf(name), bytes)
  })
  const databases = {
    length: listing.databases.length,
    *[Symbol.iterator]() {
      for (const record of listing.databases) {
        const sizeBytes = found.get(keyOf(record))
        yield sizeBytes === undefined ? record : { ...record, sizeBytes }
      }
    },
  }
  let [own, without] = [0, 0]
  for (const { system, sizeBytes } of databases) {
    if (system) continue
    own++
    if (sizeBytes === undefined) without++
  }
  if (without === 0) return { ...listing, databases }
  const { reason, grant } = missing
  const message = `The sizes of ${without} of ${own} databases are not known. ${reason}`
  const warning = { code: 'Sizes.NotKnown', message, ...(grant !== undefined && { grant }) }
  return { ...listing, databases, warnings: [...listing.warnings, warning] }
}

/** Why sizes may be missing. */
async function measure(
  session: EngineSession,
  { budgetMs, endsAt, clock, signal }: SizesContext,
  take: (size: DatabaseSize) => void,
): Promise<MissingSizes> {
  if (session.measure === undefined) return { reason: 'This kind of server does not tell them.' }
  const ms = Math.min(budgetMs, endsAt - clock.now() - RESERVED_MS)
  if (ms < LEAST_MS) return { reason: 'The time of the task was nearly over.' }
  const ended = new AbortController()
  let over = false
  const measuring = session.measure(ms, (size) => {
    // What comes later belongs to nobody.
    if (!over) take(size)
  })
  const late = sleep(clock, ms + LATER_MS, AbortSignal.any([signal, ended.signal]))
  try {
    return (await Promise.race([measuring, late])) ?? outOfTime(ms)
  } catch (error) {
    const known = error instanceof PosternError
    if (known && error.entry === 'Task.ExecutionTimedOut') return outOfTime(ms)
    return { reason: known ? error.message : 'The gateway could not read what the server answered.' }
  } finally {
    over = true
    ended.abort()
    measuring.catch(() => {})
  }
}

const outOfTime = (ms: number): MissingSizes => ({ reason: `The server did not tell them within ${ms} ms.` })

/** Names that are not exact can be the same text. */
const keyOf = ({ name, nameBase64 }: Pick<DatabaseRecord, 'name' | 'nameBase64'>) =>
  nameBase64 === undefined ? `= ${name}` : `b ${nameBase64}`
