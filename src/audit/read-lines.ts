import { open } from 'node:fs/promises'
import { MAX_LINE_BYTES } from './audit-event.ts'
import { isMissing } from './audit-folder.ts'

const CHUNK_BYTES = 256 * 1024
const NEWLINE = 0x0a

export interface ReadLine {
  /** Without its end. */
  readonly bytes: Uint8Array
  /** From 1. */
  readonly number: number
  /** False for what stands behind the last end of a line, and for a line that is too long, where reading ends. */
  readonly whole: boolean
  /** Where the next line begins, in bytes of the file. */
  readonly end: number
}

/**
 * The lines of a file as it was when reading began, a few at a time; none where there is no file. `from` is the end and
 * the number of the line to go on behind.
 */
export async function* readLines(
  file: string,
  from: Pick<ReadLine, 'end' | 'number'> = { end: 0, number: 0 },
): AsyncGenerator<readonly ReadLine[]> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (handle === undefined) return
  await using opened = handle
  const { size } = await opened.stat()
  let { end: at, number } = from
  let rest: Buffer = Buffer.alloc(0)
  while (at < size) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - at))
    const { bytesRead } = await opened.read(chunk, 0, chunk.length, at)
    if (bytesRead === 0) break
    at += bytesRead
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    const lines: ReadLine[] = []
    let begin = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
      const line = bytes.subarray(begin, end)
      begin = end + 1
      lines.push({ bytes: line, number: ++number, whole: true, end: at - bytes.length + begin })
    }
    rest = bytes.subarray(begin)
    yield lines
    if (rest.length > MAX_LINE_BYTES) break
  }
  if (rest.length > 0) yield [{ bytes: rest, number: number + 1, whole: false, end: at }]
}
