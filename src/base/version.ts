import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** The folder that holds package.json and migrations/: beside src/ in a clone, beside dist/ in a package. */
export const PACKAGE_ROOT = new URL('../../', import.meta.url)

export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8'))).version
