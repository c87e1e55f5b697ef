import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { manualClock } from '../fixtures/manual-clock.ts'
import { type CallOptions, runApi, type RunningApi } from './running-api.ts'

const OURS = { version: '2026-12-01' }
const reply = z.object({
  Gateways: z.object({
    Gateway: z.array(z.looseObject({ BackupGatewayId: z.number(), Name: z.string(), BackupGatewayStatus: z.string() })),
  }),
  TotalCount: z.number(),
  NextToken: z.string().optional(),
})

async function page(api: RunningApi, params: Record<string, string> = {}, options: CallOptions = {}) {
  const { status, body } = await api.call('ListGateways', params, { ...OURS, ...options })
  assert.equal(status, 200, JSON.stringify(body))
  return reply.parse(body)
}

async function names(api: RunningApi, params: Record<string, string> = {}, options: CallOptions = {}) {
  const found: string[] = []
  let NextToken: string | undefined
  do {
    const answer = await page(api, { ...params, ...(NextToken && { NextToken }) }, options)
    found.push(...answer.Gateways.Gateway.map(({ Name }) => Name))
    NextToken = answer.NextToken
  } while (NextToken !== undefined)
  return found
}

test('gateways by name, region, status and id, page by page, of one account only', async () => {
  await using api = await runApi()
  const ids = new Map<string, number>()
  for (const name of ['Plant-1', 'plant-2', 'ÄRA', 'ship', 'PLANT-3']) {
    ids.set(name, await api.addGateway({ name, region: name === 'ship' ? 'sea' : 'land' }))
  }
  const other = await api.addAccount()
  await api.addGateway({ account: other.account, name: 'plant-9' })
  for (const name of ['plant-2', 'ship']) {
    const id = (await api.fleet.search(api.account, { name }, { limit: 1 })).gateways[0]?.id
    assert.ok(id)
    api.presence.seen(id, { rttMs: 12.34, driftMs: -40.06 })
  }
  const plants = ['Plant-1', 'plant-2', 'PLANT-3']
  for (const MaxResults of ['1', '2', '5', '100']) {
    assert.deepEqual(await names(api, { MaxResults }), [...ids.keys()])
    assert.deepEqual(await names(api, { MaxResults, NameContains: 'plant' }), plants)
    assert.deepEqual(await names(api, { MaxResults, BackupGatewayStatus: 'ONLINE' }), ['plant-2', 'ship'])
  }
  assert.deepEqual(await names(api, { NameContains: 'ära' }), ['ÄRA'])
  assert.deepEqual(await names(api, { NameContains: 'plant', BackupGatewayStatus: 'OFFLINE,STOPPED' }), [
    'Plant-1',
    'PLANT-3',
  ])
  assert.deepEqual(await names(api, { Region: 'sea' }), ['ship'])
  const ofShip = { BackupGatewayId: String(ids.get('ship')) }
  assert.deepEqual(await names(api, ofShip), ['ship'])
  for (const more of [{ Region: 'land' }, { NameContains: 'plant' }, { BackupGatewayStatus: 'OFFLINE' }]) {
    assert.deepEqual(await names(api, { ...ofShip, ...more }), [])
  }
  assert.deepEqual(await names(api, { BackupGatewayId: '7' }), [])
  assert.deepEqual(await names(api, ofShip, { key: other.key }), [])
  assert.deepEqual(await names(api, {}, { key: other.key }), ['plant-9'])
  const first = await page(api, { MaxResults: '1' })
  assert.equal(first.TotalCount, 5)
  const moved = { MaxResults: '1', Region: 'land', NextToken: first.NextToken ?? '' }
  assert.equal((await api.call('ListGateways', moved, OURS)).body['Code'], 'InvalidNextToken')
})

test('how a gateway is connected and how busy it is: what it was given, what waits, and no round trip of old', async () => {
  const clock = manualClock(Date.now())
  await using api = await runApi({ clock })
  const gateway = await api.addGateway({ name: 'plant' })
  const create = () =>
    api.call('CreateGetDBListFromAgentTask', {
      BackupGatewayId: String(gateway),
      DatabaseType: 'MySQL',
      DeliveryTimeoutSeconds: '3600',
    })
  const about = async () => {
    const [one] = (await page(api)).Gateways.Gateway
    assert.ok(one)
    return one
  }
  for (let i = 0; i < 3; i++) await create()
  const quiet = await about()
  assert.deepEqual([quiet['QueuedTasks'], quiet['RunningTasks'], quiet['RoundTripMs']], [3, 0, undefined])
  const key = (await api.store.fleet.keys(gateway))[0]
  assert.ok(key)
  const { key: fingerprint } = (await api.fleet.gateway(api.account, gateway)) ?? {}
  assert.ok(fingerprint)
  const opened = await api.store.fleet.open({
    gateway,
    instance: 'one',
    key: fingerprint,
    hostname: 'box',
    address: '192.0.2.7',
    localAddress: '10.0.0.5',
    version: '0.9.9',
  })
  assert.equal(opened.kind, 'open')
  await api.store.tasks.claim({ gateway, epoch: opened.epoch }, { total: 2, perEndpoint: 2 })
  api.presence.seen(gateway, { rttMs: 12.34, driftMs: -40.06 })
  assert.partialDeepStrictEqual(await about(), {
    BackupGatewayStatus: 'ONLINE',
    RoundTripMs: 12.3,
    ClockDriftMs: -40.1,
    QueuedTasks: 1,
    RunningTasks: 2,
    Version: '0.9.9',
    Hostname: 'box',
    Address: '192.0.2.7',
    LocalAddress: '10.0.0.5',
  })
  clock.advance(46_000)
  const late = await about()
  assert.deepEqual([late.BackupGatewayStatus, late['RoundTripMs']], ['OFFLINE', undefined])
})
