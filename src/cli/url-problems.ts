import { statSync } from 'node:fs'
import { ConfigurationError } from '../base/configuration-error.ts'
import { isOpenToOthers } from '../base/open-to-others.ts'
import { readPostgresAddress, withLoginOf } from '../model/postgres-address.ts'
import type { BusOptions } from './bus-source.ts'
import { hasPassword } from './secret-url.ts'
import type { StoreOptions } from './store-source.ts'

/** Of a URL that has none, where that of the store is not in the file. */
const ANY_LOGIN = 'postgres://user@host/database'

interface UrlProblem {
  readonly key: string
  /** Never has a URL. */
  readonly message: string
}

/** What is wrong with the store and the bus of the configuration file at `path`, beyond what its schema says. */
export function urlProblems(path: string, configured: StoreOptions & BusOptions): readonly UrlProblem[] {
  const { store, storeFile, storeDirect, bus, busFile } = configured
  const problems: UrlProblem[] = []
  if (store !== undefined && storeFile !== undefined)
    problems.push({ key: 'storeFile', message: 'give `store` or `storeFile`, not both' })
  if (bus !== undefined && busFile !== undefined)
    problems.push({ key: 'busFile', message: 'give `bus` or `busFile`, not both' })
  const direct = storeDirect === undefined ? undefined : withLoginOf(storeDirect, store ?? ANY_LOGIN)
  const ofBus = bus?.startsWith('postgres:') === true || bus?.startsWith('postgresql:') === true ? bus : undefined
  for (const [key, url] of Object.entries({ store, storeDirect: direct, bus: ofBus })) {
    const message = url === undefined ? undefined : whyRefused(url, key)
    if (message !== undefined) problems.push({ key, message })
  }
  for (const [key, url] of Object.entries({ store, storeDirect, bus })) {
    if (url !== undefined && hasPassword(url) && isOpenToOthers(statSync(path)))
      problems.push({
        key,
        message: `\`${key}\` has a password, and others can read this file; run: chmod 600 ${path}`,
      })
  }
  return problems
}

function whyRefused(url: string, key: string): string | undefined {
  try {
    readPostgresAddress(url, `\`${key}\``)
    return undefined
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
}
