import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'

/** Servers lock accounts that fail to log in again and again. */
export const LOGIN_PAUSE_MS = 30_000
/** Who creates tasks for a range of addresses chooses how many there are. */
const MAX_REMEMBERED = 10_000

export interface Login {
  /** The server: `Target.key`. */
  readonly server: string
  readonly user: string
  readonly password: string
  /** PEM: one that was replaced makes another login. */
  readonly certificate?: string
}

/** Refused logins: the same one is not tried again for 30 s. Another password is another login. */
export interface LoginMemory {
  /** Throws the error of the server again, with the time from which it will be tried. */
  check(login: Login): void
  /** Remembers the error where it says that the login was refused. */
  failed(login: Login, error: unknown): void
  clear(): void
}

export function createLoginMemory(clock: Clock): LoginMemory {
  const refused = new Map<string, { until: number; error: PosternError }>()

  return {
    check(login) {
      const entry = refused.get(keyOf(login))
      if (entry === undefined) return
      if (clock.now() >= entry.until) {
        refused.delete(keyOf(login))
        return
      }
      const { error, until } = entry
      const pause = `To keep the account from being locked it is not tried again before ${new Date(until).toISOString()}.`
      throw new PosternError(error.entry, { message: `${error.message} ${pause}`, cause: error })
    },
    failed(login, error) {
      if (!(error instanceof PosternError) || !isRefusal(error)) return
      const key = keyOf(login)
      // Attempts that ran beside each other: the first refusal counts, a later one does not make it longer.
      if (refused.has(key)) return
      refused.set(key, { until: clock.now() + LOGIN_PAUSE_MS, error })
      for (const oldest of refused.keys()) {
        if (refused.size <= MAX_REMEMBERED) break
        refused.delete(oldest)
      }
    },
    clear: () => refused.clear(),
  }
}

const isRefusal = ({ code }: PosternError) =>
  code === 'Database.AuthenticationFailed' || code === 'Database.AccountLocked'

/** A digest, so that the memory holds no password. */
const keyOf = ({ server, user, password, certificate = '' }: Login) =>
  hash('sha256', JSON.stringify([server, user, password, certificate]), 'hex')
