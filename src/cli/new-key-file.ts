import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { usageError } from './exit-code.ts'

interface NewKey {
  readonly AccessKeyId: string
  readonly AccessKeySecret: string
}

/** In the form that `--key-file` of other commands reads. */
export const keyFileText = ({ AccessKeyId, AccessKeySecret }: NewKey) =>
  `${JSON.stringify({ AccessKeyId, AccessKeySecret }, null, 2)}\n`

/**
 * Makes the key and keeps it in a new file that its owner alone reads. The file is made first: a secret that is told
 * once must have a place to go to. Nothing is written over, and nothing is left where no key was made.
 */
export async function keepNewKey<K extends NewKey>(file: string, make: () => Promise<K>): Promise<K> {
  const handle = openNew(file)
  try {
    const key = await make()
    writeFileSync(handle, keyFileText(key))
    fsyncSync(handle)
    return key
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
}

function openNew(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw usageError(`The file for the new key cannot be made, so no key was made: ${why}`)
  }
}
