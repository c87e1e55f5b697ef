import { join } from 'node:path'
import type { TestServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'

/** Makes an account of that name and a file with its root key in the folder; the path of the file. */
export async function newAccount({ data }: TestServer, folder: string, name: string): Promise<string> {
  const keyFile = join(folder, `${name}-key.json`)
  const made = await postern(['account', 'create', '--data', data, '--name', name, '--key-file-out', keyFile])
  if (made.code !== 0) throw new Error(`no account ${name}: ${made.stderr}`)
  return keyFile
}
