import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './audit-folder.ts'

/** A file that only grows, by whole writes. */
export interface AppendFile extends AsyncDisposable {
  /** Resolves when it is on disk. Where it rejects, nothing of it stays. One at a time. */
  append(text: string): Promise<void>
}

/** Makes the file where there is none, for its owner alone. */
export async function openAppendFile(path: string): Promise<AppendFile> {
  const handle = await open(path, 'a', 0o600)
  try {
    await syncFolder(dirname(path))
    return appendFile(handle, (await handle.stat()).size)
  } catch (error) {
    await handle.close()
    throw error
  }
}

function appendFile(handle: FileHandle, start: number): AppendFile {
  let size = start
  let dirty = false
  return {
    async append(text) {
      // What an earlier failure left must go first, or the new text would stand behind half a line.
      if (dirty) await handle.truncate(size)
      dirty = true
      try {
        await handle.appendFile(text)
        await handle.datasync()
      } catch (error) {
        // Where this fails too, it is tried again with the next text.
        dirty = await handle.truncate(size).then(
          () => false,
          () => true,
        )
        throw error
      }
      size += Buffer.byteLength(text)
      dirty = false
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
