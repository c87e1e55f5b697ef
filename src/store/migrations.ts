import { readdirSync, readFileSync } from 'node:fs'
import { PosternError } from '../model/errors.ts'
import type { ServerId } from '../model/ids.ts'

/** What a store says of itself. */
export interface StoreMeta {
  readonly serverId: ServerId
  /** Key of the permutation that makes the public ids. */
  readonly idKey: Uint8Array
}

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
  /** The lowest version that can work with the store afterwards, where this one raises it. */
  readonly minNode: string | undefined
}

/** In the order of their numbers, which have no gaps. */
export function readMigrations(folder: URL): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  return names.map((name, index) => {
    const sql = readFileSync(new URL(name, folder), 'utf8')
    const number = Number(/^\d{4}(?=-)/.exec(name)?.[0])
    if (number !== index + 1) throw new Error(`migration ${name} does not have the number ${index + 1}`)
    return { number, name, sql, minNode: /^-- min-node: (\S+)$/m.exec(sql)?.[1] }
  })
}

/** Whether version `a` is older than `b`, by major, minor and patch. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(/[.+-]/, 3).map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

export function refuseNewerStore(minNode: string, version: string): void {
  if (!isOlder(version, minNode)) return
  throw new PosternError('ServiceUnavailable', {
    message:
      `This store was last used by a newer Postern and needs version ${minNode} or newer; this is ${version}. ` +
      `Nothing was changed. Install Postern ${minNode} or newer and start it on the same folder.`,
  })
}
