import { randomInt } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newAccessKey } from '../access/access-keys.ts'
import type { SecretBox } from '../access/secret-box.ts'
import type { Log } from '../base/log.ts'
import { rootOf, toAccountId } from '../model/ids.ts'
import type { AccessStore } from '../store/access-store.ts'

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
  const account = toAccountId(`1${String(randomInt(10 ** 14)).padStart(14, '0')}`)
  const { id, secret } = newAccessKey()
  // The file first: a crash between the two leaves a file that the next start writes anew, never a key that nobody has.
  const file = join(data, ROOT_KEY_FILE)
  const text = `${JSON.stringify({ AccessKeyId: id, AccessKeySecret: secret }, null, 2)}\n`
  await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
  const rootKey = { id, account, principal: rootOf(account), sealedSecret: box.seal(secret, id) }
  await store.createAccount({ id: account, name: 'default', rootKey })
  log.info({ account, file }, 'made the account and its root AccessKey')
}
