import { join, relative, resolve } from 'node:path'
import { PosternError } from '../model/errors.ts'

const SOCKET_FILE = 'admin.sock'
/** A body is a name or a path. */
export const MAX_REQUEST_BYTES = 64 * 1024
/** Ten thousand accounts with the longest names. */
export const MAX_REPLY_BYTES = 16 * 1024 * 1024

/** What the address of a socket holds, without the zero at its end. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/** Of the socket in the folder of a store, spelt in the shortest way. Throws where the system takes no path that long. */
export function adminSocketPath(folder: string, cwd: string): string {
  const absolute = resolve(cwd, folder, SOCKET_FILE)
  const fromHere = join('.', relative(cwd, absolute))
  const path = Buffer.byteLength(fromHere) < Buffer.byteLength(absolute) ? fromHere : absolute
  const length = Buffer.byteLength(path)
  if (length <= MAX_PATH_BYTES) return path
  throw new PosternError('InvalidParameter', {
    message:
      `The path ${absolute} has ${length} bytes, and the system takes at most ${MAX_PATH_BYTES} for a socket. ` +
      `Give --data a shorter path, or start in a folder near it and give --data relative to that.`,
  })
}
