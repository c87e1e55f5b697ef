import type { TestServer } from '../../test/fixtures/postern.ts'

const CALL_EVERY_MS = 20
/** One of so many calls makes a task, the others read. */
const CREATE_EVERY = 10

/** Signed calls at a steady pace, whether those before were answered or not; each must be answered well. */
export function callAllTheTime(server: TestServer, gateways: readonly number[]) {
  const took: number[] = []
  const pending = new Set<Promise<void>>()
  const failures: string[] = []
  let calls = 0
  const call = async () => {
    const gateway = String(gateways[Math.floor(Math.random() * gateways.length)])
    const isCreate = ++calls % CREATE_EVERY === 0
    const began = performance.now()
    const answer = isCreate
      ? await server.call('CreateGetDBListFromAgentTask', {
          BackupGatewayId: gateway,
          DatabaseType: 'MySQL',
          SourceEndpointIP: 'db',
          SourceEndpointPort: '3306',
        })
      : await server.call('DescribeBackupGatewayList', { BackupGatewayIdentifier: gateway })
    took.push(performance.now() - began)
    if (answer.status !== 200) failures.push(JSON.stringify(answer.body))
  }
  const timer = setInterval(() => {
    const one = call()
      .catch((error: unknown) => void failures.push(String(error)))
      .finally(() => pending.delete(one))
    pending.add(one)
  }, CALL_EVERY_MS)
  return {
    /** Resolves with the milliseconds of each call when the last is answered; rejects where one failed. */
    async stop(): Promise<readonly number[]> {
      clearInterval(timer)
      await Promise.all(pending)
      if (failures.length > 0) throw new Error(`${failures.length} of ${calls} calls failed, first: ${failures[0]}`)
      return took
    },
  }
}
