import { withLoginOf } from '../model/postgres-address.ts'
import { usageError } from './exit-code.ts'
import { readSecretUrl, refusePassword } from './secret-url.ts'

/** Of the command line, or of the configuration file. */
export interface StoreOptions {
  readonly store?: string | undefined
  readonly storeFile?: string | undefined
  readonly storeDirect?: string | undefined
}

/** The database that nodes share. Both URLs may hold a password. */
export interface StoreSource {
  readonly url: string
  readonly directUrl: string
}

const WHERE = { file: '--store-file', variable: 'POSTERN_STORE' }

/** What the command line says of the store, and without it the environment. Throws usageError, which has no URL. */
export function storeOptions(
  { store, storeFile, storeDirect }: StoreOptions,
  env: Readonly<Record<string, string | undefined>>,
): StoreOptions {
  if (store !== undefined && storeFile !== undefined) throw usageError('Give --store or --store-file, not both.')
  refusePassword(store, { option: '--store', ...WHERE })
  refusePassword(storeDirect, { option: '--store-direct', ...WHERE })
  if (store !== undefined || storeFile !== undefined) return { store, storeFile, storeDirect }
  return { store: env['POSTERN_STORE'] || undefined, storeDirect }
}

/** The database; undefined: the store in the folder of the server. Reads the file. Throws usageError, which has no URL. */
export function storeSource({ store, storeFile, storeDirect }: StoreOptions): StoreSource | undefined {
  const url = storeFile === undefined ? store?.trim() : readSecretUrl(storeFile, '--store-file')
  if (url === undefined || url === '') {
    if (storeDirect !== undefined) throw usageError('--store-direct needs --store, --store-file or POSTERN_STORE.')
    return undefined
  }
  return { url, directUrl: storeDirect === undefined ? url : withLoginOf(storeDirect, url) }
}
