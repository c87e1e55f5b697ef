import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const SEGMENT = /^(\d{4}-\d{2}-\d{2})\.jsonl$/

/** Beside the store. */
export const auditFolder = (data: string) => join(data, 'audit')
export const headsFile = (folder: string) => join(folder, 'heads.jsonl')
export const segmentFile = (folder: string, segment: string) => join(folder, `${segment}.jsonl`)
/** Segments are days of UTC: `2026-01-31`. */
export const segmentOf = (time: number) => new Date(time).toISOString().slice(0, 10)

/** Oldest first; empty where there is no folder. */
export async function listSegments(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder)
    return names.flatMap((name) => SEGMENT.exec(name)?.[1] ?? []).toSorted()
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Without it a power cut can lose the name of a new file. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}

export const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'
