import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { type ApiClient, createApiClient } from '../../src/cli/api-client.ts'
import { DBS, enrollGateway, type TestServer } from '../fixtures/postern.ts'
import { newAccount } from './new-account.ts'

/** As many of each kind. */
const CALLERS = 4
const READERS = 4
const CALL_EVERY_MS = 100
/** Longer than a node takes to end, so that no read can be over before its node is. */
const WAIT_SECONDS = 20
const ANSWER_MS = 30_000

export interface LastingReport {
  /** Answered calls of those who keep their connection, and reads that waited. */
  readonly calls: number
  readonly reads: number
  /** Reads that a node answered before their time: it was about to end. */
  readonly sentAway: number
  /** Of those who keep their connection: how often they had to make a new one. */
  readonly connections: number
  /** Every call that was not answered as it should be, in words. */
  readonly failures: readonly string[]
}

/** What a node that ends can break, unlike short calls on connections of their own. None of them tries again. */
export interface LastingCallers {
  /** Calls and waits until the signal aborts, which ends reads that wait; never rejects. */
  run(signal: AbortSignal): Promise<void>
  report(): LastingReport
}

const code = z.object({ ErrCode: z.string() })

export async function createLastingCallers(front: TestServer, folder: string): Promise<LastingCallers> {
  // Of their own: a checker that looks at what other accounts have knows nothing of this task.
  const keyFile = await newAccount(front, folder, 'lasting')
  const api = await createApiClient({ endpoint: front.url, keyFile }, {})
  const { id } = await enrollGateway({ url: front.url, keyFile }, folder, { name: 'never-there' })
  const task = await taskFor(id, api)
  const count = { calls: 0, reads: 0, sentAway: 0, connections: 0 }
  const failures: string[] = []

  const keepCalling = async (signal: AbortSignal) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!signal.aborted) {
      try {
        const { status, reused } = await post(front, agent)
        count.calls++
        if (!reused) count.connections++
        if (status !== 200) failures.push(`a call: HTTP ${status}`)
      } catch (error) {
        failures.push(`a call: ${String(error)}`)
      }
      await sleep(CALL_EVERY_MS, undefined, { signal }).catch(() => {})
    }
    agent.destroy()
  }
  const keepReading = async (signal: AbortSignal) => {
    const params = { TaskId: task, WaitSeconds: String(WAIT_SECONDS) }
    while (!signal.aborted) {
      const began = performance.now()
      const answer = await api.call('GetDBListFromAgent', { version: DBS, params, signal }).catch(String)
      if (signal.aborted) return
      if (typeof answer === 'string' || code.safeParse(answer.body).data?.ErrCode !== 'Task.NotFinished') {
        const waited = (performance.now() - began).toFixed(0)
        const said = typeof answer === 'string' ? answer : JSON.stringify(answer.body)
        failures.push(`a read that had waited for ${waited} ms: ${said}`)
        // A node that refuses must not be asked without a pause.
        await sleep(CALL_EVERY_MS)
        continue
      }
      count.reads++
      if (performance.now() - began < (WAIT_SECONDS - 1) * 1000) count.sentAway++
    }
  }
  return {
    async run(signal) {
      await Promise.all([
        ...Array.from({ length: CALLERS }, () => keepCalling(signal)),
        ...Array.from({ length: READERS }, () => keepReading(signal)),
      ])
    },
    report: () => ({ ...count, failures: [...failures] }),
  }
}

/** It is still open when all is over, for its gateway never comes. */
async function taskFor(gateway: string, api: ApiClient): Promise<string> {
  const made = await api.call('CreateGetDBListFromAgentTask', {
    version: DBS,
    params: {
      BackupGatewayId: gateway,
      DatabaseType: 'MySQL',
      SourceEndpointIP: 'db',
      SourceEndpointPort: '3306',
      DeliveryTimeoutSeconds: '3600',
    },
  })
  return String(z.object({ TaskId: z.number() }).parse(made.body).TaskId)
}

/** A signed read on the connection of the agent, as official clients make it. */
function post(front: TestServer, agent: Agent): Promise<{ readonly status: number; readonly reused: boolean }> {
  const key = { accessKeyId: front.accessKey.AccessKeyId, secret: front.accessKey.AccessKeySecret }
  const parameters = { Action: 'DescribeBackupGatewayList', Version: DBS }
  const signed = signedParametersV1(parameters, key, { method: 'POST', time: Date.now(), nonce: randomUUID() })
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const options = { agent, method: 'POST', headers, signal: AbortSignal.timeout(ANSWER_MS) }
    const asked = request(front.url, options, (response) => {
      response.resume().on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, reused: asked.reusedSocket }))
    })
    asked.on('error', reject).end(encodeParameters(signed))
  })
}
