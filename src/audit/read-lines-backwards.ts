import { open } from 'node:fs/promises'
import { MAX_LINE_BYTES } from './audit-event.ts'
import { isMissing } from './audit-folder.ts'

const CHUNK_BYTES = 256 * 1024
const NEWLINE = 0x0a

export interface BackwardLine {
  /** Without its end. */
  readonly bytes: Buffer
  /** Where it begins, in bytes of the file. */
  readonly start: number
}

/**
 * The whole lines of a file, the last one first, a few at a time; none where there is no file. `before` is the start of
 * a line: only those before it. Ends at a line that is too long.
 */
export async function* readLinesBackwards(
  file: string,
  before = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<readonly BackwardLine[]> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (handle === undefined) return
  await using opened = handle
  const { size } = await opened.stat()
  let start = Math.min(size, before)
  /** From the end of a line whose beginning is not read yet, backwards to `start`. */
  let rest: Buffer = Buffer.alloc(0)
  while (start > 0) {
    const length = Math.min(CHUNK_BYTES, start)
    const chunk = Buffer.alloc(length)
    const { bytesRead } = await opened.read(chunk, 0, length, start - length)
    // It became shorter while it was read: nobody does that but whoever takes lines away.
    if (bytesRead < length) return
    start -= length
    const bytes = Buffer.concat([chunk, rest])
    const lines: BackwardLine[] = []
    // What stands behind the last end is half a line of a server that writes now.
    let end = bytes.lastIndexOf(NEWLINE)
    while (end > 0) {
      const begin = bytes.lastIndexOf(NEWLINE, end - 1) + 1
      // It may begin before what was read.
      if (begin === 0 && start > 0) break
      lines.push({ bytes: bytes.subarray(begin, end), start: start + begin })
      end = begin - 1
    }
    yield lines
    rest = bytes.subarray(0, end + 1)
    if (rest.length > MAX_LINE_BYTES + 1) return
  }
}
