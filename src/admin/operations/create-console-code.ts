import { z } from 'zod'
import { CONSOLE_CODE_MS } from '../../access/console-codes.ts'
import { PosternError } from '../../model/errors.ts'
import { toAccessKeyId } from '../../model/ids.ts'
import type { Operation } from '../operation.ts'
import { SHORT_DEADLINE_MS } from './account-parameters.ts'

const params = z.strictObject({ AccessKeyId: z.string().min(1).max(128) })
const reply = z.object({ AccountId: z.string(), Code: z.string(), Seconds: z.number() })

/** A code that opens the console once, as the owner of the key: what `npm run demo` prints in a link. */
export const createConsoleCode: Operation<z.infer<typeof params>, z.infer<typeof reply>> = {
  name: 'create-console-code',
  params,
  reply,
  deadlineMs: SHORT_DEADLINE_MS,
  recorded: true,
  async run({ AccessKeyId }, { services }) {
    const { consoleCodes } = services
    if (consoleCodes === undefined) {
      throw new PosternError('ServiceUnavailable', { message: 'The console needs a server that runs.' })
    }
    const { store } = await services.access()
    const key = await store.accessKey(toAccessKeyId(AccessKeyId))
    if (key === undefined) throw new PosternError('InvalidAccessKeyId.NotFound')
    if (!key.active) throw new PosternError('InvalidAccessKeyId.Inactive')
    return { AccountId: key.account, Code: consoleCodes.issue(key.id), Seconds: CONSOLE_CODE_MS / 1000 }
  },
}
