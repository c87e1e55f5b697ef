import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { adminSocketPath } from '../admin/admin-socket.ts'
import type { Operation } from '../admin/operation.ts'
import { runOperation } from '../admin/run-operation.ts'
import { systemClock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import { STORE_FILE } from '../store/sqlite/store-file.ts'
import { storeHolder, tryLockStore } from '../store/sqlite/store-lock.ts'
import { CommandError, EXIT, usageError } from './exit-code.ts'
import type { StoreOptions } from './on-stopped-store.ts'
import { untilStopped } from './signals.ts'

/** A server that starts or stops has the lock and does not listen; so has another command on a stopped store. */
const WAIT_MS = 10_000
const TRY_EVERY_MS = 100

/** What every command on a store takes. */
export function withStore(command: Command): Command {
  return command
    .requiredOption('--data <dir>', 'folder of the store')
    .option('--key-file <file>', 'key that secrets lie in a stopped store under (default: DIR/secret.key)')
}

/**
 * Does the operator's work on a store: by the server that runs on it, or here where none does. The lock of the store
 * decides, so it is never both. Ends with code 2 for what cannot be meant, and at SIGINT.
 */
export async function administer<P, R>(
  operation: Operation<P, R>,
  params: P,
  { command, options }: { readonly command: string; readonly options: StoreOptions },
): Promise<R> {
  const { data } = options
  const path = adminSocketPath(data, process.cwd())
  // A server whose store is a database has none in its folder: it works only through the server, while that runs.
  const stored = existsSync(join(data, STORE_FILE))
  if (!stored && !existsSync(path)) throw noStore(data)
  const { callAdmin } = await import('../admin/admin-client.ts')
  const clock = systemClock()
  const until = clock.now() + WAIT_MS
  const stopped = untilStopped()
  try {
    for (;;) {
      const lock = tryLockStore(data, command)
      if (lock !== undefined && !stored) {
        lock.release()
        throw noStore(data)
      }
      if (lock !== undefined) {
        // Most stores have a server that runs: the command then starts without what opens a store.
        const { onStoppedStore } = await import('./on-stopped-store.ts')
        return await onStoppedStore(options, lock, (services) =>
          runOperation(operation, { params, services, signal: stopped.signal }),
        )
      }
      const answer = await callAdmin(operation, { path, params, signal: stopped.signal })
      if (answer !== undefined) return answer.reply
      if (clock.now() > until || stopped.signal.aborted) throw busy(data)
      // Not the clock's sleep: nothing else keeps this process alive meanwhile.
      await setTimeout(TRY_EVERY_MS)
    }
  } catch (error) {
    if (error instanceof PosternError && error.entry === 'InvalidParameter') throw usageError(error.message)
    throw error
  } finally {
    stopped.dispose()
  }
}

function busy(data: string): CommandError {
  const { pid, command } = storeHolder(data)
  const who = command === undefined ? 'A server' : `The command \`${command}\``
  const process = pid === undefined ? '' : ` (process ${pid})`
  const what =
    command === undefined ? 'has the store and does not answer: it starts, stops or hangs' : 'works on the store'
  return new CommandError(EXIT.failed, `${who}${process} ${what}. Nothing was done; try again in a moment.`)
}

const noStore = (data: string) =>
  usageError(
    `There is no store in ${data}, or you may not look into it. --data is the folder of the server; ` +
      'one that keeps its store in a database must be running.',
  )
