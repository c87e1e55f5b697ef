import { z } from 'zod'
import type { Instant } from '../../model/task.ts'
import type { ErrorData } from './error-data.ts'
import type { StoreMeta } from '../migrations.ts'
import type { UnitCall } from './units.ts'
import type { Answer } from './write-batch.ts'

/** What the writer thread is started with. */
export const writerStart = z.object({
  file: z.string(),
  now: z.number(),
})
export type WriterStart = z.infer<typeof writerStart>

export type ToWriter =
  | { readonly kind: 'batch'; readonly now: Instant; readonly calls: readonly UnitCall[] }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'ready'; readonly meta: StoreMeta }
  | { readonly kind: 'refused'; readonly error: ErrorData }
  /** In the order of the calls, after the commit. */
  | { readonly kind: 'done'; readonly answers: readonly Answer[] }
