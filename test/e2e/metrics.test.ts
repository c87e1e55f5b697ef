import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { LINK_END_CAUSES } from '../../src/cli/measured-links.ts'
import { eventually } from '../fixtures/eventually.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startServer, type TestServer, waitForTask } from '../fixtures/postern.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const rules = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          alert: z.string().regex(/^Postern[A-Z]\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.object({ severity: z.enum(['warning', 'critical']) }),
          annotations: z.object({ summary: z.string(), description: z.string().optional() }),
        }),
      ),
    }),
  ),
})
const alerts = rules.parse(parse(read('deploy/prometheus/postern-alerts.yaml'))).groups.flatMap((group) => group.rules)

/** Names with their labels, as they stand in an expression or a text of metrics. */
const METRIC = /\b(postern_\w+)/g

describe('metrics', () => {
  const resources = new AsyncDisposableStack()
  let server: TestServer
  let metrics: () => Promise<string>
  before(async () => {
    const folder = resources.use(await tempFolder('metrics'))
    const port = await freePort()
    server = resources.use(await startServer(folder.path, { args: ['--metrics-listen', `127.0.0.1:${port}`] }))
    metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  })
  after(() => resources.disposeAsync())
  const value = async (name: string) => {
    const line = (await metrics()).split('\n').find((each) => each.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length + 1))
  }

  test('tell of links, the queue, ends of tasks and commits', async () => {
    assert.equal(await value('postern_gateways{status="ONLINE"}'), 0)
    assert.equal(await value('postern_queue_oldest_seconds'), 0)
    const { identity, key } = await enrollKey(server.url, server.api)
    assert.equal(await value('postern_gateways{status="OFFLINE"}'), 1)
    const params = { BackupGatewayId: String(identity.gateway), DatabaseType: 'MySQL', SourceEndpointIP: '10.0.0.12' }
    const { body } = await server.call('CreateGetDBListFromAgentTask', params)
    const { TaskId } = z.object({ TaskId: z.number() }).parse(body)
    await eventually('the queue has an age', async () => ((await value('postern_queue_oldest_seconds')) ?? 0) > 0)

    const gateway = await connectScripted({ url: server.url, identity, key })
    gateway.ready()
    const run = await gateway.nextRun()
    gateway.accept(run)
    gateway.finish(run, ['shop'])
    assert.equal((await waitForTask(server, TaskId)).body['Success'], true)
    assert.equal(await value('postern_queue_oldest_seconds'), 0)
    assert.equal(await value('postern_gateways{status="ONLINE"}'), 1)
    assert.equal(await value('postern_gateways_connected'), 1)
    assert.equal(await value('postern_tasks_ended_total{state="Succeeded"}'), 1)
    assert.ok(((await value('postern_store_commit_seconds_count')) ?? 0) >= 3)
    assert.equal(await value('postern_audit_writable'), 1)
    const [free, all] = [await value('postern_data_disk_free_bytes'), await value('postern_data_disk_bytes')]
    assert.ok(free !== undefined && all !== undefined && free <= all && all > 0)

    // Pings that a gateway of another hour sends.
    gateway.link.send({ type: 'ping', id: 7_000, time: Date.now() + 3_600_000 })
    gateway.link.send({ type: 'ping', id: 7_001, answered: 7_000, rttMs: 40, time: Date.now() + 3_600_000 })
    await eventually('the drift', async () => ((await value('postern_link_clock_drift_seconds_max')) ?? 0) > 3_500)
    assert.ok(((await value('postern_link_round_trip_seconds_count')) ?? 0) >= 1)
    assert.equal(await value('postern_link_ends_total{cause="gateway_comes_back"}'), 0)
    await gateway[Symbol.asyncDispose]()
    await eventually('its end', async () => (await value('postern_link_ends_total{cause="gateway_comes_back"}')) === 1)
  })

  test('every metric of the alert rules and of the guide is there, and every label value of an alert can be', async () => {
    const text = await metrics()
    const there = new Set([...text.matchAll(METRIC)].map(([name]) => name))
    assert.ok(alerts.length >= 8)
    for (const { alert, expr } of alerts) {
      const names = [...expr.matchAll(METRIC)].map(([name]) => name)
      assert.ok(names.length > 0, alert)
      for (const name of names) assert.ok(there.has(name), `${alert}: ${name} is not in /metrics`)
      for (const [, causes = ''] of expr.matchAll(/cause=~"([^"]*)"/g))
        for (const cause of causes.split('|'))
          assert.ok(
            LINK_END_CAUSES.some((known) => known === cause),
            cause,
          )
      for (const [, status = ''] of expr.matchAll(/status="([^"]*)"/g))
        assert.ok(text.includes(`postern_gateways{status="${status}"}`), status)
      assert.equal(expr.split('(').length, expr.split(')').length, alert)
    }
    for (const [name] of read('docs/guide/monitoring.md').matchAll(METRIC)) assert.ok(there.has(name), name)
    const bases = [...text.matchAll(/^# TYPE (postern_\w+) /gm)].map(([, name = '']) => name)
    for (const name of bases)
      assert.ok(read('docs/guide/monitoring.md').includes(`\`${name}`), `${name} is not in the guide`)
  })
})
