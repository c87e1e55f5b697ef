import { readFileSync, statSync } from 'node:fs'
import { isOpenToOthers } from '../base/open-to-others.ts'
import { usageError } from './exit-code.ts'

export interface StoreOptions {
  readonly store?: string
  readonly storeFile?: string
  readonly storeDirect?: string
}

/** The database that nodes share. Both URLs may hold a password. */
export interface StoreSource {
  readonly url: string
  readonly directUrl: string
}

const WHERE =
  'Put the URL into a file that only the server may read and give it with --store-file, or into POSTERN_STORE.'

/** From --store, --store-file or POSTERN_STORE; undefined: the store in the folder of the server. No message has a URL. */
export function storeSource(
  { store, storeFile, storeDirect }: StoreOptions,
  env: Readonly<Record<string, string | undefined>>,
): StoreSource | undefined {
  if (store !== undefined && storeFile !== undefined) throw usageError('Give --store or --store-file, not both.')
  refusePassword('--store', store)
  refusePassword('--store-direct', storeDirect)
  const url = store ?? (storeFile === undefined ? env['POSTERN_STORE'] : readUrl(storeFile))
  if (url === undefined || url === '') {
    if (storeDirect !== undefined) throw usageError('--store-direct needs --store, --store-file or POSTERN_STORE.')
    return undefined
  }
  return { url, directUrl: storeDirect === undefined ? url : withLogin(storeDirect, url) }
}

/** Every user of the machine sees the command line. */
function refusePassword(option: string, text: string | undefined): void {
  if (text === undefined) return
  const url = URL.parse(text)
  if (url === null) throw usageError(`${option} must be a URL such as postgres://USER@HOST:5432/DATABASE.`)
  if (url.password === '') return
  const why = 'Every user of this machine can see it in the list of processes.'
  throw usageError(`The URL of ${option} has a password. ${why} ${WHERE}`)
}

function readUrl(file: string): string {
  try {
    if (isOpenToOthers(statSync(file))) {
      throw usageError(`Others may read ${file}, which holds a password. Run: chmod 600 ${file}`)
    }
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    if (code === undefined) throw error
    throw usageError(`--store-file ${file} cannot be read (${code}).`)
  }
}

/** User and password of the store, where the other URL has none. */
function withLogin(text: string, store: string): string {
  const direct = URL.parse(text)
  const from = URL.parse(store)
  if (direct === null || from === null) return text
  if (direct.username === '') direct.username = from.username
  if (direct.username === from.username) direct.password = from.password
  return direct.href
}
