import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type FileHandle, link, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isOpenToOthers } from '../base/open-to-others.ts'
import type { AccessKeyId } from '../model/ids.ts'

const FORMAT = 1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Seals short secrets for the store with the key file of the server: AES-256-GCM. */
export interface SecretBox {
  /** `owner` is authenticated along: sealed for one owner, it opens for no other. */
  seal(secret: string, owner: AccessKeyId): Uint8Array
  /** Throws where it was changed, sealed for another owner, or sealed under another key. */
  unseal(sealed: Uint8Array, owner: AccessKeyId): string
}

/**
 * Opens the key file. Where there is none it is made, whole or not at all, if `create` says so: a store that holds
 * sealed secrets already must not get a new key. The file is 64 hex digits, readable by its owner only.
 */
export async function openSecretBox(file: string, options: { readonly create: boolean }): Promise<SecretBox> {
  return secretBox((await readKey(file)) ?? (await makeKey(file, options.create)))
}

/** Format: one byte of version, 12 of nonce, the ciphertext, 16 of tag. */
function secretBox(key: Uint8Array): SecretBox {
  return {
    seal(secret, owner) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner))
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([Uint8Array.of(FORMAT), nonce, text, cipher.getAuthTag()])
    },
    unseal(sealed, owner) {
      const bytes = Buffer.from(sealed)
      if (bytes[0] !== FORMAT || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) {
        throw new Error('A sealed secret is in a format that this version does not know.')
      }
      const nonce = bytes.subarray(1, 1 + NONCE_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(owner))
        .setAuthTag(bytes.subarray(-TAG_BYTES))
      const text = decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES))
      try {
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new Error(
          `The secret of ${owner} cannot be opened: the key file is not the one that it was sealed with. Put the right key file back.`,
          { cause },
        )
      }
    },
  }
}

async function readKey(file: string): Promise<Uint8Array | undefined> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw new Error(`The key file ${file} cannot be read.`, { cause: error })
  }
  try {
    const found = await handle.stat()
    if (isOpenToOthers(found) || (found.mode & 0o100) !== 0) {
      const seen = (found.mode & 0o777).toString(8).padStart(4, '0')
      throw new Error(`The key file ${file} has mode ${seen}: others may read the key. Run: chmod 600 ${file}`)
    }
    const text = (await handle.readFile('utf8')).trim()
    if (!/^[0-9a-fA-F]+$/.test(text) || text.length !== KEY_BYTES * 2) {
      throw new Error(
        `The key file ${file} does not hold ${KEY_BYTES * 2} hex digits. Put it back from a backup; without it the stored AccessKey secrets are lost.`,
      )
    }
    return Buffer.from(text, 'hex')
  } finally {
    await handle.close()
  }
}

/** Written aside and linked into place: a crash leaves no half file, and of two that start at once both use the first one's. */
async function makeKey(file: string, allowed: boolean): Promise<Uint8Array> {
  if (!allowed) {
    throw new Error(
      `The key file ${file} is missing, but the store holds secrets sealed with it. Put it back from a backup, or copy it from another server of the same store.`,
    )
  }
  const aside = `${file}.${randomBytes(8).toString('hex')}`
  try {
    await writeDurably(aside, `${randomBytes(KEY_BYTES).toString('hex')}\n`)
    await link(aside, file)
    await syncFolder(dirname(file))
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw new Error(`The key file ${file} cannot be made.`, { cause: error })
  } finally {
    await rm(aside, { force: true })
  }
  const key = await readKey(file)
  if (key === undefined) throw new Error(`The key file ${file} went away while it was being made.`)
  return key
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
