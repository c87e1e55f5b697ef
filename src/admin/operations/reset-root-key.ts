import { z } from 'zod'
import { newRootKey } from '../../access/new-root-key.ts'
import { PosternError } from '../../model/errors.ts'
import { toAccountId } from '../../model/ids.ts'
import type { Operation } from '../operation.ts'
import { accountId, rootKeyReply, SHORT_DEADLINE_MS } from './account-parameters.ts'

const params = z.strictObject({ AccountId: accountId })
const reply = z.object({ ...rootKeyReply, Deactivated: z.array(z.string()) })

export const resetRootKey: Operation<z.infer<typeof params>, z.infer<typeof reply>> = {
  name: 'reset-root-key',
  params,
  reply,
  deadlineMs: SHORT_DEADLINE_MS,
  recorded: true,
  async run({ AccountId }, { services }) {
    const { store, box } = await services.access()
    const { rootKey, secret } = newRootKey(toAccountId(AccountId), box)
    const before = await store.resetRootKey(rootKey)
    if (before === undefined) {
      const reason = `There is no account ${AccountId}; \`postern account list\` shows them.`
      throw new PosternError('InvalidParameter', { reason })
    }
    return { AccountId, AccessKeyId: rootKey.id, AccessKeySecret: secret, Deactivated: [...before] }
  },
}
