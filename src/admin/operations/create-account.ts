import { z } from 'zod'
import { newAccountId, newRootKey } from '../../access/new-root-key.ts'
import type { Operation } from '../operation.ts'
import { accountName, rootKeyReply, SHORT_DEADLINE_MS } from './account-parameters.ts'

/** Of 10,000 accounts among 10^14 ids hardly ever one is taken. */
const MAX_TRIES = 5

const params = z.strictObject({ Name: accountName })
const reply = z.object({ ...rootKeyReply, Name: z.string() })

export const createAccount: Operation<z.infer<typeof params>, z.infer<typeof reply>> = {
  name: 'create-account',
  params,
  reply,
  deadlineMs: SHORT_DEADLINE_MS,
  recorded: true,
  async run({ Name }, { services }) {
    const { store, box } = await services.access()
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const id = newAccountId()
      const { rootKey, secret } = newRootKey(id, box)
      if (!(await store.createAccount({ id, name: Name, rootKey }))) continue
      return { AccountId: id, Name, AccessKeyId: rootKey.id, AccessKeySecret: secret }
    }
    throw new Error('no free id was found')
  },
}
