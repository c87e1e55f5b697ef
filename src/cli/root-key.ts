import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newAccountId, newRootKey } from '../access/new-root-key.ts'
import type { SecretBox } from '../access/secret-box.ts'
import type { Log } from '../base/log.ts'
import type { AccessStore } from '../store/access-store.ts'
import { keyFileText } from './new-key-file.ts'

export const ROOT_KEY_FILE = 'root-access-key.json'

/** First start: the account, and its root AccessKey, written once to DIR/root-access-key.json (0600). Later starts: nothing. */
export async function ensureRootAccount(parts: {
  store: AccessStore
  box: SecretBox
  data: string
  log: Log
}): Promise<void> {
  const { store, box, data, log } = parts
  if ((await store.accounts()).length > 0) return
  const account = newAccountId()
  const { rootKey, secret } = newRootKey(account, box)
  // The file first: a crash between the two leaves a file that the next start writes anew, never a key that nobody has.
  const file = join(data, ROOT_KEY_FILE)
  const text = keyFileText({ AccessKeyId: rootKey.id, AccessKeySecret: secret })
  await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
  await store.createAccount({ id: account, name: 'default', rootKey })
  log.info({ account, file }, 'made the account and its root AccessKey')
}
