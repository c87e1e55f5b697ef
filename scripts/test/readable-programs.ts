import { spawnSync } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { userInfo } from 'node:os'
import { versionsSchema } from '../../test/engines/postgresql-versions.ts'

/** PostgreSQL refuses root: a clone in a folder that is closed to others is closed to the user as whom it runs. Then copies in `into` serve. */
export async function readablePrograms(variable: string, into: string): Promise<string> {
  const { folders, ...rest } = versionsSchema.parse(JSON.parse(variable))
  const readable: string[] = []
  for (const bin of folders) {
    if (userInfo().uid !== 0 || canRun(bin)) readable.push(bin)
    else {
      const native = dirname(bin)
      const copy = join(into, basename(dirname(native)))
      await cp(native, copy, { recursive: true, verbatimSymlinks: true })
      readable.push(join(copy, relative(native, bin)))
    }
  }
  return JSON.stringify({ folders: readable, ...rest })
}

const NOBODY = 65_534
const canRun = (bin: string) => spawnSync(join(bin, 'postgres'), ['--version'], { uid: NOBODY }).status === 0
