import { execFile } from 'node:child_process'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MIB = 1024 * 1024
const BALLAST = 'ballast'

/** A file system in memory over one folder; root on Linux only. */
export interface SmallDisk extends AsyncDisposable {
  /** No byte is free after it. */
  fill(): Promise<void>
  free(): Promise<void>
}

/** What is wrong, in words, where none can be mounted. */
export async function mountSmallDisk(folder: string, mib: number): Promise<SmallDisk | string> {
  if (process.platform !== 'linux') return 'only Linux has tmpfs'
  if (process.getuid?.() !== 0) return 'only root may mount'
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=0700`, 'postern-test', folder], { timeout: 10_000 })
  } catch (error) {
    return `mount was refused: ${error instanceof Error ? error.message : String(error)}`
  }
  const ballast = join(folder, BALLAST)
  return {
    async fill() {
      await using file = await open(ballast, 'a')
      // The pages of the file system, too: what is smaller than one piece is filled by the next size.
      for (const piece of [16 * MIB, MIB, MIB / 16, 4096]) while (await wrote(file, Buffer.alloc(piece)));
    },
    free: () => rm(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      // Lazy: a process that still ends must not keep it.
      await run('umount', ['-l', folder], { timeout: 10_000 })
    },
  }
}

async function wrote(file: FileHandle, bytes: Buffer): Promise<boolean> {
  try {
    return (await file.write(bytes)).bytesWritten > 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false
    throw error
  }
}
