import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { ENROLL_PATH } from '../../src/link/messages.ts'
import { DBS, type TestServer } from '../fixtures/postern.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { type Cluster, LONG } from './cluster.ts'

const ROUNDS = LONG ? 100 : 10
const OURS = '2026-12-01'
const errorBody = z.object({ Code: z.string() })

interface Answered {
  readonly status: number
  readonly code: string | undefined
  readonly body: unknown
}

async function post(url: string, body: string, contentType = 'application/x-www-form-urlencoded'): Promise<Answered> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': contentType } })
  const answered: unknown = await response.json()
  return { status: response.status, code: errorBody.safeParse(answered).data?.Code, body: answered }
}

/** The bytes of one request, which any node may be sent. */
function signed({ accessKey }: TestServer, action: string, params: Record<string, string>): string {
  const key = { accessKeyId: accessKey.AccessKeyId, secret: accessKey.AccessKeySecret }
  const moment = { method: 'POST', time: Date.now(), nonce: randomUUID() } as const
  return encodeParameters(signedParametersV1({ ...params, Action: action, Version: DBS }, key, moment))
}

/** What counts once counts once on all nodes; a wake has no part in it. */
export function onceSuite(of: () => Cluster): void {
  const servers = () => [of().nodes[0].server, of().nodes[1].server] as const
  let enrolled: Awaited<ReturnType<typeof enrollKey>>
  before(async () => {
    const [{ url, api }] = servers()
    enrolled = await enrollKey(url, api)
  })
  const task = () => ({
    BackupGatewayId: String(enrolled.identity.gateway),
    DatabaseType: 'MySQL',
    SourceEndpointIP: 'db',
  })

  const create = async (server: TestServer, ClientToken: string) => {
    const answer = await server.call('CreateGetDBListFromAgentTask', { ...task(), ClientToken })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return { ClientToken, id: z.object({ TaskId: z.number() }).parse(answer.body).TaskId }
  }

  test('row 20: the same ClientToken at the same moment on two nodes makes one task, which runs once', async () => {
    const made = await Promise.all(
      Array.from({ length: ROUNDS }, (_, i) =>
        [...servers(), ...servers()].map((each) => create(each, `t${i}`)),
      ).flat(),
    )
    const tokens = Map.groupBy(made, ({ ClientToken }) => ClientToken)
    assert.equal(tokens.size, ROUNDS)
    for (const [token, all] of tokens) assert.equal(new Set(all.map(({ id }) => id)).size, 1, token)
    assert.equal(new Set(made.map(({ id }) => id)).size, ROUNDS)

    await using scripted = await connectScripted({ url: servers()[1].url, ...enrolled })
    scripted.ready()
    const ran = new Set<number>()
    for (let i = 0; i < ROUNDS; i++) {
      const run = await scripted.nextRun()
      assert.ok(!ran.has(run.task), 'a task ran twice')
      ran.add(run.task)
      scripted.accept(run)
      scripted.finish(run, [])
      await scripted.nextReceived()
    }
  })

  test('row 7: a signed change that is sent to two nodes is taken by one; the other refuses its nonce', async () => {
    const [first, second] = servers()
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = signed(first, 'CreateGetDBListFromAgentTask', task())
      const answers = await Promise.all([post(first.url, bytes), post(second.url, bytes)])
      const refused = answers.filter(({ status }) => status !== 200)
      assert.deepEqual(
        refused.map(({ code }) => code),
        ['SignatureNonceUsed'],
        JSON.stringify(answers),
      )
      // And later, at either.
      for (const server of [first, second]) assert.equal((await post(server.url, bytes)).code, 'SignatureNonceUsed')
    }
  })

  test('row 7: a read that is repeated at another node is refused a second later', async () => {
    const [first, second] = servers()
    const bytes = signed(first, 'DescribeBackupGatewayList', {})
    assert.equal((await post(first.url, bytes)).status, 200)
    await sleep(1_000)
    assert.equal((await post(second.url, bytes)).code, 'SignatureNonceUsed')
  })

  test('an enrolment token that two machines use at two nodes makes one gateway', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [first, second] = servers()
      const answer = await first.api.call('CreateGatewayEnrollment', { version: OURS, params: {} })
      const { EnrollmentToken: token } = z.object({ EnrollmentToken: z.string() }).parse(answer.body)
      const bodies = [first, second].map((server) => {
        const publicKey = Buffer.from(newSigningKey().publicKey).toString('base64')
        const text = JSON.stringify({ token, publicKey, hostname: 'box', version: '0.0.0' })
        return { url: `${server.url}${ENROLL_PATH}`, text }
      })
      const enrol = () => Promise.all(bodies.map(({ url, text }) => post(url, text, 'application/json')))
      const answers = await enrol()
      const codes = answers.map(({ code }) => code ?? 'enrolled')
      assert.deepEqual(codes.toSorted(), ['Enrollment.Refused', 'enrolled'], JSON.stringify(answers))
      // Nothing changes when both come again: the winner gets its answer, the other is refused.
      assert.deepEqual(
        (await enrol()).map(({ code }) => code ?? 'enrolled'),
        codes,
      )
    }
  })
}
