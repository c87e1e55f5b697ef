import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { SigningKey } from '../link/dial.ts'
import type { KeyFingerprint } from '../model/ids.ts'
import {
  completeRotation,
  type Identity,
  saveIdentity,
  type SigningKeys,
  signingKeys,
  startRotation,
} from './identity.ts'

/**
 * The keys of a gateway, and which of them the server knows now. A new key is on disk before the server hears of it, and
 * the old one stays until the server has taken the new one: whatever answer is lost, one of the two opens a session.
 */
export interface Keyring {
  readonly identity: Identity
  /** Results are signed with it: the one that the server accepted last. */
  readonly current: SigningKey
  /** When the key in use was made, milliseconds since 1970. */
  readonly madeAt: number
  signingKeys(): SigningKeys
  /** Makes the key to rotate to and saves it; the same one again while it was not taken. Rejects where it cannot be saved. */
  prepare(): Promise<void>
  /**
   * A connection was proven with `accepted`, and `offered` went along. True: connect again at once, so that the new key is
   * proven and the server forgets the old one. Never rejects: what cannot be saved stays as it was.
   */
  proven(accepted: KeyFingerprint, offered: KeyFingerprint | undefined): Promise<boolean>
}

export function createKeyring(loaded: Identity, parts: { folder: string; clock: Clock; log: Log }): Keyring {
  const { folder, clock, log } = parts
  let identity = loaded
  let current: SigningKey = signingKeys(identity, clock.wall()).keys[0]
  /** One write of the file at a time. */
  let saving = Promise.resolve()

  const saveNow = async (change: (before: Identity) => Identity): Promise<void> => {
    const changed = change(identity)
    if (changed === identity) return
    await saveIdentity(folder, changed)
    identity = changed
  }
  const save = (change: (before: Identity) => Identity): Promise<void> => {
    const saved = saving.then(() => saveNow(change))
    saving = saved.catch(() => undefined)
    return saved
  }

  return {
    get identity() {
      return identity
    },
    get current() {
      return current
    },
    get madeAt() {
      return Date.parse(identity.key.createdAt)
    },
    signingKeys: () => signingKeys(identity, clock.wall()),
    prepare: () => save(startRotation),
    async proven(accepted, offered) {
      const { keys } = signingKeys(identity, clock.wall())
      const used = keys.find((key) => key.fingerprint === accepted)
      if (used !== undefined) current = used
      if (used !== keys[0]) {
        log.warn({ key: accepted }, 'the server knows an older key of this gateway only; it was restored')
        // The newest key went along, and the server takes it again.
        if (offered === keys[0].fingerprint) return true
      }
      // One that was made meanwhile has to be offered yet.
      if (offered === undefined) return identity.next !== undefined
      try {
        await save((before) => {
          const taken = signingKeys(before, clock.wall()).next?.fingerprint === offered
          return taken ? completeRotation(before, clock.wall()) : before
        })
        log.info({ key: offered }, 'the key was rotated')
        return true
      } catch (error) {
        log.error({ err: error }, 'the rotated key could not be saved; the old one stays')
        return false
      }
    },
  }
}
