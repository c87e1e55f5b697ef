import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { link, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openSecretBox } from '../access/secret-box.ts'
import type { Instant } from '../model/task.ts'
import { PosternError } from '../model/errors.ts'
import { type RestoredStore, restoreStore } from '../store/sqlite/restore-store.ts'
import { STORE_FILE } from '../store/sqlite/store-file.ts'
import { lockStore } from '../store/sqlite/store-lock.ts'

const KEY_NAME = 'secret.key'
/** Of the lock, which a restore that failed leaves. */
const OWN_FILES = new Set(['lock.db'])

export interface Restored extends RestoredStore {
  readonly file: string
  readonly keyFile: string
}

/**
 * Makes the store of a server of a backup, in a folder that is missing or empty, with the key file beside it. The store
 * gets its name last: before that there is nothing that a server would start with. Throws InvalidParameter.
 */
export async function restoreBackup(options: {
  readonly from: string
  readonly data: string
  /** Undefined: the one that `postern backup --with-key` wrote beside the backup. */
  readonly keyFile: string | undefined
  readonly now: Instant
}): Promise<Restored> {
  const { from, data, now, keyFile = `${from}.key` } = options
  refuseMissing(from, keyFile, options.keyFile === undefined)
  refuseTaken(data)
  const box = await openKey(keyFile)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  chmodSync(data, 0o700)
  const lock = lockStore(data)
  const aside = join(data, `${STORE_FILE}.${randomBytes(6).toString('hex')}.partial`)
  const keyTo = join(data, KEY_NAME)
  let keyMade = false
  try {
    const restored = restoreStore({ from, to: aside, now, unseal: (sealed, owner) => unsealWith(box, sealed, owner) })
    copyFileSync(keyFile, keyTo, constants.COPYFILE_EXCL)
    keyMade = true
    chmodSync(keyTo, 0o600)
    await syncPath(keyTo)
    const file = join(data, STORE_FILE)
    await link(aside, file)
    await syncPath(data)
    keyMade = false
    return { file, keyFile: keyTo, ...restored }
  } finally {
    for (const file of [aside, `${aside}-journal`]) await rm(file, { force: true })
    if (keyMade) await rm(keyTo, { force: true })
    lock.release()
  }
}

type Box = Awaited<ReturnType<typeof openSecretBox>>

function unsealWith(box: Box, sealed: Uint8Array, owner: Parameters<Box['unseal']>[1]): void {
  try {
    box.unseal(sealed, owner)
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

async function openKey(keyFile: string): Promise<Box> {
  try {
    return await openSecretBox(keyFile, { create: false })
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function refuseMissing(from: string, keyFile: string, isDefault: boolean): void {
  if (!existsSync(from) || !statSync(from).isFile()) throw refused(`There is no backup ${from}.`)
  if (existsSync(keyFile)) return
  const how = isDefault
    ? 'The backup was made without it. Give the secret.key of the server with --key-file'
    : 'Give the secret.key of the server that the backup is of'
  throw refused(`There is no key file ${keyFile}. ${how}: without it no AccessKey can be opened.`)
}

function refuseTaken(data: string): void {
  if (!existsSync(data)) return
  const found = readdirSync(data).filter((name) => !OWN_FILES.has(name))
  if (found.length === 0) return
  throw refused(`${data} is not empty, and nothing is written over: give the name of a new folder.`)
}

const refused = (message: string, cause?: unknown) => new PosternError('InvalidParameter', { message, cause })

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
