import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { SHORT_DEADLINE_MS } from './account-parameters.ts'

const params = z.strictObject({})
const reply = z.object({
  Accounts: z.array(z.object({ AccountId: z.string(), Name: z.string(), CreatedAt: z.string() })),
})

export const listAccounts: Operation<z.infer<typeof params>, z.infer<typeof reply>> = {
  name: 'list-accounts',
  params,
  reply,
  deadlineMs: SHORT_DEADLINE_MS,
  recorded: false,
  async run(_params, { services }) {
    const { store } = await services.access()
    const accounts = await store.accounts()
    return {
      Accounts: accounts.map(({ id, name, createdAt }) => ({
        AccountId: id,
        Name: name,
        CreatedAt: new Date(createdAt).toISOString(),
      })),
    }
  },
}
