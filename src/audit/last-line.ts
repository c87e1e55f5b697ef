import { open } from 'node:fs/promises'
import { MAX_LINE_BYTES } from './audit-event.ts'
import { isMissing } from './audit-folder.ts'

export interface LastLine {
  /** The last whole line, without its end; undefined where there is none. */
  readonly bytes: Uint8Array | undefined
  /** Where the file ends when what stands behind that line is cut off. */
  readonly end: number
  /** Of what stands behind it. */
  readonly torn: number
}

/** Reads the end of a file only; a file that is not there is an empty one. */
export async function lastLine(file: string): Promise<LastLine> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (handle === undefined) return { bytes: undefined, end: 0, torn: 0 }
  await using opened = handle
  const { size } = await opened.stat()
  // A torn line and a whole one before it.
  const from = Math.max(0, size - 2 * MAX_LINE_BYTES)
  const tail = Buffer.alloc(size - from)
  const { bytesRead } = await opened.read(tail, 0, tail.length, from)
  const read = tail.subarray(0, bytesRead)
  const stop = read.lastIndexOf('\n')
  if (stop < 0) return { bytes: undefined, end: from, torn: size - from }
  const begin = stop === 0 ? 0 : read.lastIndexOf('\n', stop - 1) + 1
  return { bytes: read.subarray(begin, stop), end: from + stop + 1, torn: size - from - stop - 1 }
}
