import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Keyring } from './keyring.ts'
import { writePrivateFile } from './private-file.ts'

/** How often a running gateway looks whether somebody asked for a new key, or its key has become too old. */
const LOOK_MS = 2_000
const DAY_MS = 24 * 3600_000

/** Asks the gateway of this folder for a new key. A file of its own: only the gateway itself ever changes its identity. */
const requestFile = (folder: string) => join(folder, 'rotate-key')

export const requestRotation = (folder: string): Promise<void> =>
  writePrivateFile(requestFile(folder), `${new Date().toISOString()}\n`)

/** False as soon as a gateway has taken the request. */
export const isRotationRequested = async (folder: string): Promise<boolean> =>
  (await stat(requestFile(folder)).catch(() => undefined))?.isFile() === true

export interface KeyRotation extends AsyncDisposable {
  /** One look at once, before the first connection: what is due goes along with it. Never rejects. */
  look(): Promise<void>
}

/** Rotates when it was asked to, and when the key is older than `maxAgeDays()`; undefined: never by itself. */
export function startKeyRotation(parts: {
  folder: string
  keyring: Keyring
  maxAgeDays: () => number | undefined
  /** Connects anew, so that the new key is offered at once. */
  reconnect: () => void
  clock: Clock
  log: Log
}): KeyRotation {
  const { folder, keyring, maxAgeDays, reconnect, clock, log } = parts
  let looking: Promise<void> | undefined

  const due = async (): Promise<boolean> => {
    if (await isRotationRequested(folder)) return true
    const days = maxAgeDays()
    // One that is offered already goes along with the next connection by itself.
    return days !== undefined && keyring.identity.next === undefined && clock.wall() - keyring.madeAt > days * DAY_MS
  }
  const rotate = async () => {
    if (!(await due())) return
    await keyring.prepare()
    // Only now: a request that is taken and forgotten would be lost.
    await rm(requestFile(folder), { force: true })
    log.info({ key: keyring.signingKeys().next?.fingerprint }, 'a new key is ready; it is offered to the server')
    reconnect()
  }
  const look = () => {
    looking ??= rotate()
      .catch((error: unknown) => log.error({ err: error }, 'no new key could be made; the old one stays'))
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  const timer = clock.every(LOOK_MS, () => void look())
  return {
    look,
    async [Symbol.asyncDispose]() {
      timer.cancel()
      await looking
    },
  }
}
