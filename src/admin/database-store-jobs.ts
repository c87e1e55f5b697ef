import { PosternError } from '../model/errors.ts'
import type { StoreJobs } from './store-jobs.ts'

/** A store in a database server is backed up and checked with what that has for it. */
export function databaseStoreJobs(): StoreJobs {
  return {
    backUp: () => refuse('back it up with pg_dump or pg_basebackup, and keep a copy of the key file.'),
    check: () => refuse('check it with pg_amcheck, and its files with pg_checksums.'),
  }
}

function refuse(instead: string): Promise<never> {
  const message = `The store of this server is a PostgreSQL database: ${instead}`
  return Promise.reject(new PosternError('InvalidParameter', { message }))
}
