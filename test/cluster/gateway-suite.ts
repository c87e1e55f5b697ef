import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { z } from 'zod'
import { LinkRefused } from '../../src/link/dial.ts'
import { CLOSE } from '../../src/link/messages.ts'
import { eventually } from '../fixtures/eventually.ts'
import { namesOf, type TestServer } from '../fixtures/postern.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import type { Cluster } from './cluster.ts'

const list = z.object({
  Items: z.object({
    BackupGateway: z.array(z.object({ BackupGatewayId: z.string(), BackupGatewayStatus: z.string() })),
  }),
})

/** As the node shows it; undefined where there is no such gateway. */
async function statusOn(server: TestServer, gateway: number): Promise<string | undefined> {
  const { body } = await server.call('DescribeBackupGatewayList', { Identifier: String(gateway) })
  return list.parse(body).Items.BackupGateway[0]?.BackupGatewayStatus
}

const instance = () => randomBytes(16).toString('hex')

/** Gateways that go from node to node; `withinMs`: how soon a node hears of what happened on the other. */
export function gatewaySuite(of: () => Cluster, withinMs: number): void {
  const servers = () => [of().nodes[0].server, of().nodes[1].server] as const
  const statuses = (gateway: number) => Promise.all(servers().map((server) => statusOn(server, gateway)))

  test('row 28: the newest connection wins, on whichever node it is, and both nodes say what is true', async () => {
    const [first, second] = servers()
    const enrolled = await enrollKey(first.url, first.api)
    const { gateway } = enrolled.identity
    const same = instance()
    const older = await connectScripted({ url: first.url, ...enrolled, instance: same })
    older.ready()
    assert.deepEqual(await statuses(gateway), ['ONLINE', 'ONLINE'])
    // Its process has lost the first node, which does not know that.
    const newer = await connectScripted({ url: second.url, ...enrolled, instance: same })
    newer.ready()
    const began = performance.now()
    assert.equal((await older.link.closed).code, CLOSE.replaced)
    assert.ok(performance.now() - began < withinMs)
    assert.deepEqual(await statuses(gateway), ['ONLINE', 'ONLINE'])

    const params = { BackupGatewayId: String(gateway), DatabaseType: 'MySQL', SourceEndpointIP: 'db' }
    const made = await first.call('CreateGetDBListFromAgentTask', params)
    const TaskId = String(z.object({ TaskId: z.number() }).parse(made.body).TaskId)
    const run = await newer.nextRun()
    newer.accept(run)
    newer.finish(run, ['crm'])
    assert.deepEqual(namesOf(await first.call('GetDBListFromAgent', { TaskId, WaitSeconds: '20' })), ['crm'])
    await newer[Symbol.asyncDispose]()
  })

  test('row 28: two processes of one identity on two nodes end in CONFLICT on both', async () => {
    const [first, second] = servers()
    const enrolled = await enrollKey(first.url, first.api)
    const turn = (server: TestServer) => connectScripted({ url: server.url, ...enrolled, instance: instance() })
    const open = [await turn(first), await turn(second), await turn(first)]
    // The session that is open is on the other node than the one that finds the conflict.
    await assert.rejects(turn(second), (error) => error instanceof LinkRefused && error.end.code === CLOSE.conflict)
    const began = performance.now()
    await Promise.all(open.map(({ link }) => link.closed))
    assert.ok(performance.now() - began < withinMs, 'the session on the other node has ended')
    assert.deepEqual(await statuses(enrolled.identity.gateway), ['CONFLICT', 'CONFLICT'])
    await assert.rejects(turn(first), LinkRefused)
  })

  test('row 28: a gateway that is deleted on one node ends on the other', async () => {
    const [first, second] = servers()
    const enrolled = await enrollKey(first.url, first.api)
    const { gateway } = enrolled.identity
    const scripted = await connectScripted({ url: second.url, ...enrolled })
    scripted.ready()
    const params = { BackupGatewayId: String(gateway) }
    const deleted = await first.call('DeleteGateway', params, '2026-12-01')
    assert.equal(deleted.status, 200, JSON.stringify(deleted.body))
    const began = performance.now()
    assert.equal((await scripted.link.closed).code, CLOSE.deleted)
    assert.ok(performance.now() - began < withinMs)
    assert.deepEqual(await statuses(gateway), [undefined, undefined])
  })

  test('a gateway that stops is STOPPED on both nodes', async () => {
    const [first, second] = servers()
    const enrolled = await enrollKey(first.url, first.api)
    const stop = new AbortController()
    const scripted = await connectScripted({ url: second.url, ...enrolled, signal: stop.signal })
    scripted.ready()
    stop.abort()
    await scripted.link.closed
    await eventually('it is STOPPED', async () =>
      (await statuses(enrolled.identity.gateway)).every((status) => status === 'STOPPED'),
    )
  })
}
