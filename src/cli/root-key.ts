import { existsSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newAccountId, newRootKey } from '../access/new-root-key.ts'
import { openSecretBox, type SecretBox } from '../access/secret-box.ts'
import type { Log } from '../base/log.ts'
import type { AccessKey, AccessStore } from '../store/access-store.ts'
import { keyFileText } from './new-key-file.ts'

const ROOT_KEY_FILE = 'root-access-key.json'

/**
 * Opens the key file, and throws where it is not the one of the store. First start: makes it, the account, and its root
 * AccessKey, written once to DIR/root-access-key.json (0600). Of servers that start first at the same moment one does
 * so; the others throw and leave no key of their own, unless they have the same key file.
 */
export async function ensureRootAccount(parts: {
  readonly store: AccessStore
  readonly keyFile: string
  readonly data: string
  readonly log: Log
}): Promise<SecretBox> {
  const { store, keyFile, data, log } = parts
  const sealed = await store.anyAccessKey()
  const hadKeyFile = existsSync(keyFile)
  const box = await openSecretBox(keyFile, { create: sealed === undefined })
  if (sealed !== undefined) {
    // A wrong key file is found out now, and not by the first caller.
    box.unseal(sealed.sealedSecret, sealed.id)
    return box
  }
  const account = newAccountId()
  const { rootKey, secret } = newRootKey(account, box)
  // The file first: a crash between the two leaves a file that the next start writes anew, never a key that nobody has.
  const file = join(data, ROOT_KEY_FILE)
  const text = keyFileText({ AccessKeyId: rootKey.id, AccessKeySecret: secret })
  await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
  if (await store.createAccount({ id: account, name: 'default', rootKey, onlyFirst: true })) {
    log.info({ account, file }, 'made the account and its root AccessKey')
    return box
  }
  await rm(file)
  const theirs = await store.anyAccessKey()
  if (theirs !== undefined && opens(box, theirs)) return box
  // Made a moment ago, and nothing is sealed with it.
  if (!hadKeyFile) await rm(keyFile)
  throw new Error(
    `Another server made the first account of this store at the same moment. Copy its secret.key to ${keyFile}, readable by its owner only (chmod 600), and start this server again.`,
  )
}

function opens(box: SecretBox, key: AccessKey): boolean {
  try {
    box.unseal(key.sealedSecret, key.id)
    return true
  } catch {
    return false
  }
}
