import { z } from 'zod'
import { createApiClient } from '../../src/cli/api-client.ts'
import { namesOf } from '../../test/fixtures/postern.ts'
import { serveParent } from '../child.ts'

const VERSION = '2019-03-06'
const setup = z.object({ endpoint: z.string(), keyFile: z.string(), parameters: z.record(z.string(), z.string()) })

/** A caller that makes a task and reads its whole list; says how many names it had. */
serveParent(async (given) => {
  const { endpoint, keyFile, parameters } = setup.parse(given)
  const api = await createApiClient({ endpoint, keyFile }, {})
  return async () => {
    const created = await api.call('CreateGetDBListFromAgentTask', { version: VERSION, params: parameters })
    const { TaskId } = z.object({ TaskId: z.number() }).parse(created.body)
    const params = { TaskId: String(TaskId), WaitSeconds: '25' }
    return namesOf(await api.call('GetDBListFromAgent', { version: VERSION, params })).length
  }
})
