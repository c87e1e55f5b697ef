import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, chmod, constants, open, rename, rm } from 'node:fs/promises'
import { dirname, isAbsolute } from 'node:path'
import { z } from 'zod'
import { PosternError } from '../../model/errors.ts'
import type { Operation } from '../operation.ts'

const DEADLINE_MS = 3_600_000

const params = z.strictObject({
  /** The one who asks may stand in another folder than the server. */
  To: z
    .string()
    .max(4096)
    .refine((path) => isAbsolute(path) && !path.includes('\0'), { error: 'It must be an absolute path.' }),
  WithKey: z.boolean(),
})
const reply = z.object({ File: z.string(), Bytes: z.number(), KeyFile: z.string().optional() })

export const backUp: Operation<z.infer<typeof params>, z.infer<typeof reply>> = {
  name: 'backup',
  params,
  reply,
  deadlineMs: DEADLINE_MS,
  recorded: true,
  async run({ To, WithKey }, { services, signal }) {
    const keyTo = `${To}.key`
    refuseTaken(To)
    if (WithKey) refuseTaken(keyTo)
    const aside = `${To}.${randomBytes(6).toString('hex')}.partial`
    try {
      const { bytes, problems } = await services.jobs.backUp({ file: services.file, to: aside }, signal)
      if (problems.length > 0) {
        const found = problems.slice(0, 5).join('; ')
        throw refused(`The copy is damaged and was removed; check the store with \`postern store check\`: ${found}`)
      }
      if (WithKey) await copyKey(services.keyFile, keyTo)
      refuseTaken(To)
      await rename(aside, To)
      await syncFolder(dirname(To))
      return { File: To, Bytes: bytes, ...(WithKey && { KeyFile: keyTo }) }
    } catch (error) {
      throw asRefusal(error, To)
    } finally {
      for (const file of [aside, `${aside}-journal`]) await rm(file, { force: true })
    }
  },
}

const refused = (message: string, cause?: unknown) => new PosternError('InvalidParameter', { message, cause })

/** A backup that is there may be the only one; and the store itself must never be written over. */
function refuseTaken(file: string): void {
  if (existsSync(file)) throw refused(`${file} is there already, and nothing is written over: give another name.`)
}

async function copyKey(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL)
  await chmod(to, 0o600)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What the file system says of the target is for the operator, who can mend it. */
function asRefusal(error: unknown, to: string): unknown {
  if (error instanceof PosternError && error.entry !== 'InternalError') return error
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
  const text = error instanceof Error ? `${error.message} ${cause}` : String(error)
  const known = /\b(EACCES|EROFS|ENOENT|ENOSPC|EDQUOT|EPERM|ENOTDIR|EISDIR|ENAMETOOLONG)\b/.exec(text)?.[1]
  if (known === undefined) return error
  return refused(
    `${to} cannot be written (${known}). A running server writes it as its own user: give a folder that exists, has room, and that the server may write to.`,
    error,
  )
}
