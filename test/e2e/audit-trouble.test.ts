import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { LinkRefused } from '../../src/link/dial.ts'
import { CLOSE, ENROLL_PATH } from '../../src/link/messages.ts'
import { eventually } from '../fixtures/eventually.ts'
import { startServer } from '../fixtures/postern.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const RAM = '2015-05-01'
const POSTERN = '2026-12-01'
const DAY_MS = 24 * 3600_000

const entry = z.looseObject({
  kind: z.string(),
  action: z.string().optional(),
  outcome: z.string().optional(),
  gateway: z.number().optional(),
  key: z.string().optional(),
  address: z.string().optional(),
  count: z.number().optional(),
})
const listed = z.object({
  Items: z.object({
    BackupGateway: z.array(
      z.object({
        BackupGatewayStatus: z.string(),
        SourceEndpointInternetIP: z.string(),
        SourceEndpointIntranetIP: z.string(),
      }),
    ),
  }),
})

test('a server whose audit trail is in trouble, and gateways that are', async (t) => {
  await using folder = await tempFolder('audit-trouble')
  await using server = await startServer(folder.path)
  const audit = join(server.data, 'audit')
  const ready = async () => {
    const response = await fetch(`${server.url}/readyz`)
    return [response.status, await response.text()] as const
  }
  const addUser = (UserName: string) => server.call('CreateUser', { UserName }, RAM)
  const userStatus = async (UserName: string) => (await server.call('GetUser', { UserName }, RAM)).status

  const entries = () =>
    readdirSync(audit)
      .filter((name) => /^\d{4}-/.test(name))
      .toSorted()
      .flatMap((name) => readFileSync(join(audit, name), 'utf8').split('\n').filter(Boolean))
      .map((line) => entry.parse(JSON.parse(line)))

  await t.test(
    'row 33: what cannot be recorded is refused before it happens, and done again as soon as it can be',
    async () => {
      // Of today, and of tomorrow should it be midnight: a folder in the place of the file stops every user of the system.
      const segments = [0, DAY_MS].map((ms) =>
        join(audit, `${new Date(Date.now() + ms).toISOString().slice(0, 10)}.jsonl`),
      )
      for (const path of segments) mkdirSync(path)
      // Its effect is committed before the failure is known, so it is answered as what it was.
      const made = await server.call('CreateGatewayEnrollment', {}, POSTERN)
      assert.equal(made.status, 200)
      const token = z.object({ EnrollmentToken: z.string() }).parse(made.body).EnrollmentToken

      const refused = await addUser('bob')
      assert.deepEqual([refused.status, refused.body['Code']], [503, 'ServiceUnavailable'])
      assert.match(String(refused.body['Message']), /The audit trail cannot be written\./)
      assert.equal(await userStatus('bob'), 404)
      const publicKey = Buffer.from(newSigningKey().publicKey).toString('base64')
      const enroll = async () => {
        const body = JSON.stringify({ token, publicKey, hostname: 'box', version: '0' })
        return (await fetch(`${server.url}${ENROLL_PATH}`, { method: 'POST', body })).status
      }
      assert.equal(await enroll(), 503)
      assert.deepEqual(listed.parse((await server.call('DescribeBackupGatewayList')).body).Items.BackupGateway, [])
      assert.deepEqual(await ready(), [503, 'The audit trail cannot be written.\n'])

      for (const path of segments) rmdirSync(path)
      await eventually('the server is ready by itself', async () => (await ready())[0] === 200)
      assert.equal((await addUser('bob')).status, 200)
      assert.equal(await userStatus('bob'), 200)
      assert.deepEqual(
        entries().map(({ kind, action, count }) => [kind, action ?? count]),
        [
          // The enrolment that was made, and the user that was not.
          ['lost', 2],
          ['call', 'CreateUser'],
        ],
      )
      assert.equal(await enroll(), 200, 'the same token, which was not used up')
      assert.ok(existsSync(join(audit, 'heads.jsonl')))
    },
  )

  await t.test('row 28: two gateways with one identity are in the audit trail, and in conflict', async () => {
    const { identity, key } = await enrollKey(server.url, server.api)
    const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]
    const open = (instance: string) => connectScripted({ url: server.url, identity, key, instance })
    const gateway = async () => {
      const params = { Identifier: String(identity.gateway) }
      const [found] = listed.parse((await server.call('DescribeBackupGatewayList', params)).body).Items.BackupGateway
      return found
    }
    await using opened = new AsyncDisposableStack()
    opened.use(await open(a))
    assert.deepEqual(await gateway(), {
      BackupGatewayStatus: 'ONLINE',
      SourceEndpointInternetIP: '127.0.0.1',
      SourceEndpointIntranetIP: '127.0.0.1',
    })
    opened.use(await open(b))
    opened.use(await open(a))
    await assert.rejects(open(b), (error) => error instanceof LinkRefused && error.end.code === CLOSE.conflict)
    assert.equal((await gateway())?.BackupGatewayStatus, 'CONFLICT')
    const about = { kind: 'sign-in', action: 'ConnectGateway', gateway: identity.gateway, key: key.fingerprint }
    assert.deepEqual(
      entries()
        .filter(({ action }) => action === 'ConnectGateway')
        .map(({ kind, action, gateway: id, key: fingerprint, address, outcome }) => {
          return { kind, action, gateway: id, key: fingerprint, address, outcome }
        }),
      ['OK', 'OK', 'OK', 'Conflict'].map((outcome) => ({ ...about, address: '127.0.0.1', outcome })),
    )
  })
})
