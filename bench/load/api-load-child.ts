import { z } from 'zod'
import { serveParent } from '../child.ts'
import { driveLoad } from './drive-load.ts'
import { KeepAliveCaller } from './keep-alive-caller.ts'
import { quickSigner } from './quick-signer.ts'

const VERSION = '2019-03-06'
const WAIT_SECONDS = '25'

const setup = z.object({
  port: z.int(),
  connections: z.int(),
  key: z.object({ accessKeyId: z.string(), secret: z.string() }),
  work: z.union([
    /** Creates a task, waits for its end, has the list. */
    z.object({ kind: z.literal('tasks'), parameters: z.record(z.string(), z.string()) }),
    /** Reads one finished task. A bare server is sent the same. */
    z.object({ kind: z.literal('reads'), task: z.string() }),
  ]),
  /** What the answer of a reader must have. */
  expected: z.string(),
})

serveParent(async (given) => {
  const { port, connections, key, work, expected } = setup.parse(given)
  const callers = await Promise.all(Array.from({ length: connections }, () => KeepAliveCaller.open(port)))
  const callerOf = (lane: number) => {
    const caller = callers[lane]
    if (caller === undefined) throw new Error(`there are only ${connections} connections`)
    return caller
  }
  const read = quickSigner(key, {
    parameters: { Action: 'GetDBListFromAgent', Version: VERSION, WaitSeconds: WAIT_SECONDS },
    varying: 'TaskId',
  })
  const readList = async (lane: number, task: string) => {
    const body = await callerOf(lane).get(read(task))
    if (!body.includes(expected)) throw new Error(`the answer has no ${expected}: ${body}`)
  }
  if (work.kind === 'reads') return (request) => driveLoad(request, (lane) => readList(lane, work.task))
  const create = quickSigner(key, {
    parameters: { ...work.parameters, Action: 'CreateGetDBListFromAgentTask', Version: VERSION },
  })
  return (request) =>
    driveLoad(request, async (lane) => {
      const created = await callerOf(lane).get(create())
      const task = /"TaskId":(\d+)/.exec(created)?.[1]
      if (task === undefined) throw new Error(`no task was made: ${created}`)
      await readList(lane, task)
    })
})
