import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigurationError } from '../base/configuration-error.ts'
import { isOpenToOthers } from '../base/open-to-others.ts'

const MAX_BYTES = 1024 * 1024

/** Replaces a file that only its owner may read, whole or not at all, also through a power cut. Makes the folder. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await makePrivateFolder(dirname(path))
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** A folder that was there keeps its mode: it may be shared on purpose, the files in it are not. */
async function makePrivateFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  // The umask may have taken even the owner's rights.
  if (made !== undefined) await chmod(folder, 0o700)
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Undefined where there is none. Refuses a file that others can read: its secrets are no longer secret. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new ConfigurationError(path, `cannot be read: ${error instanceof Error ? error.message : 'unknown'}`, error)
  })
  if (found === undefined) return undefined
  if (isOpenToOthers(found)) {
    throw new ConfigurationError(path, `others can read this file, and it holds a private key; run: chmod 600 ${path}`)
  }
  if (found.size > MAX_BYTES) throw new ConfigurationError(path, 'is too large')
  return await readFile(path, 'utf8')
}
