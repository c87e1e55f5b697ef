import type { Instant } from '../../model/task.ts'
import type { ErrorData } from './error-data.ts'
import type { StoreMeta } from '../migrations.ts'
import type { UnitCall } from './units.ts'
import type { Answer } from './write-batch.ts'

/** What the writer thread is started with. */
export interface WriterStart {
  readonly file: string
  readonly now: Instant
}

export type ToWriter =
  | { readonly kind: 'batch'; readonly now: Instant; readonly calls: readonly UnitCall[] }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'ready'; readonly meta: StoreMeta }
  | { readonly kind: 'refused'; readonly error: ErrorData }
  /** In the order of the calls, after the commit. */
  | { readonly kind: 'done'; readonly answers: readonly Answer[] }
