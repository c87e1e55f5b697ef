import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, readdir, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

const BLOCK = 512
/** The date that npm gives to every file of a package. */
const MTIME = Date.UTC(1985, 9, 26, 8, 15) / 1000
const MAX_FILE = 0o77777777777

/**
 * Packs `folder` under the name `top`: the same files give the same bytes, whoever packs them, whenever and under
 * whatever umask. Writes the digest beside it, in the form that `sha256sum --check` reads.
 */
export async function writeTarFile(file, { folder, top }) {
  const digest = createHash('sha256')
  const unfinished = `${file}.part`
  const hashed = async function* (chunks) {
    let first = true
    for await (const chunk of chunks) {
      // Byte 9 names the system that compressed: 255 is "unknown".
      if (first) chunk[9] = 255
      first = false
      digest.update(chunk)
      yield chunk
    }
  }
  await pipeline(Readable.from(blocks(folder, top)), createGzip(), hashed, createWriteStream(unfinished))
  await rename(unfinished, file)
  const sha256 = digest.digest('hex')
  await writeFile(`${file}.sha256`, `${sha256}  ${basename(file)}\n`)
  return sha256
}

async function* blocks(folder, top) {
  for (const name of (await readdir(folder, { recursive: true })).map(withSlashes).toSorted(byBytes)) {
    const path = join(folder, name)
    const stat = await lstat(path)
    if (stat.isDirectory()) {
      yield header({ name: `${top}/${name}/`, mode: 0o755, size: 0, type: '5' })
      continue
    }
    if (!stat.isFile()) throw new Error(`${path} is neither a file nor a folder`)
    const mode = (stat.mode & 0o100) === 0 ? 0o644 : 0o755
    yield header({ name: `${top}/${name}`, mode, size: stat.size, type: '0' })
    let written = 0
    for await (const chunk of createReadStream(path)) {
      written += chunk.length
      yield chunk
    }
    if (written !== stat.size) throw new Error(`${path} changed while it was packed`)
    yield Buffer.alloc((BLOCK - (stat.size % BLOCK)) % BLOCK)
  }
  yield Buffer.alloc(2 * BLOCK)
}

const withSlashes = (path) => path.replaceAll('\\', '/')
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** POSIX ustar, which every tar reads. */
function header({ name, mode, size, type }) {
  if (size > MAX_FILE) throw new Error(`${name} is too large for a tar file`)
  const block = Buffer.alloc(BLOCK)
  const { prefix, rest } = split(name)
  block.write(rest, 0)
  block.write(octal(mode, 8), 100)
  block.write(octal(0, 8), 108)
  block.write(octal(0, 8), 116)
  block.write(octal(size, 12), 124)
  block.write(octal(MTIME, 12), 136)
  block.write('        ', 148)
  block.write(type, 156)
  block.write('ustar\x0000', 257)
  block.write(prefix, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 7)} `, 148)
  return block
}

const octal = (number, width) => `${number.toString(8).padStart(width - 1, '0')}\0`

/** A name of more than 100 bytes is cut at a slash: up to 155 bytes before it, up to 100 behind it. */
function split(name) {
  if (Buffer.byteLength(name) <= 100) return { prefix: '', rest: name }
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const rest = name.slice(at + 1)
    if (rest === '' || Buffer.byteLength(rest) > 100) continue
    if (at <= 155) return { prefix: name.slice(0, at), rest }
  }
  throw new Error(`${name} is too long for a tar file`)
}
