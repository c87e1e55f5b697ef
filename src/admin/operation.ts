import type { z } from 'zod'
import type { ConsoleCodes } from '../access/console-codes.ts'
import type { SecretBox } from '../access/secret-box.ts'
import type { AccessStore } from '../store/access-store.ts'
import type { StoreJobs } from './store-jobs.ts'

export interface AdminServices {
  /** Path of the store's file. */
  readonly file: string
  /** Path of the file that secrets lie in the store under. */
  readonly keyFile: string
  /** Folder of the audit trail; it need not be there. */
  readonly auditFolder: string
  /** Opens what a command on a stopped store has not opened yet. */
  access(): Promise<{ readonly store: AccessStore; readonly box: SecretBox }>
  readonly jobs: StoreJobs
  /** Left out where no server runs. */
  readonly consoleCodes?: ConsoleCodes
  /** To the audit trail; resolves when it is on disk. */
  record(done: OperatorAct): Promise<void>
}

/** What the operator did to the store, or took from it. */
export interface OperatorAct {
  readonly operation: string
  readonly account?: string
  /** `OK` or the code of the error. */
  readonly outcome: string
}

/** One piece of the operator's work, declared whole: the server, its client and the command line know it from here. */
export interface Operation<P, R> {
  /** On the wire: `POST /<name>`. */
  readonly name: string
  /** What arrives is parsed by it, and nothing else is taken. */
  readonly params: z.ZodType<P>
  readonly reply: z.ZodType<R>
  /** After that long it is given up. */
  readonly deadlineMs: number
  /** Whether it is in the audit trail. */
  readonly recorded: boolean
  /** Throws PosternError. Ends early, and undoes what it began, when the signal aborts. */
  run(params: P, call: { readonly services: AdminServices; readonly signal: AbortSignal }): Promise<R>
}

/** As it stands in the list: `run` takes only what its own `params` made. */
export type AnyOperation = Operation<unknown, object>
