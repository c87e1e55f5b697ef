import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { newAccessKey } from '../../src/access/access-keys.ts'
import { encodeParameters, signV1, stringToSignV1 } from '../../src/access/signature-v1.ts'
import { toPrincipalId } from '../../src/model/ids.ts'
import { runApi, type RunningApi, send } from './running-api.ts'

/** One fault each, in the order of the checks; the rank of what it breaks comes from the place in this list. */
interface Fault {
  readonly name: string
  readonly code: string
  /** Changes the parameters before they are signed; null takes one away. */
  readonly before?: Readonly<Record<string, string | null>>
  /** Changes them after they were signed. */
  readonly after?: Readonly<Record<string, string | null>>
}

const USED_NONCE = 'used-before'
const FAULTS: readonly Fault[] = [
  { name: 'presence', code: 'MissingSignatureNonce', before: { SignatureNonce: null } },
  { name: 'signature method', code: 'InvalidSignatureMethod', before: { SignatureMethod: 'HMAC-MD5' } },
  { name: 'signature version', code: 'IncompleteSignature', before: { SignatureVersion: '2.0' } },
  { name: 'access key', code: 'InvalidAccessKeyId.NotFound', before: { AccessKeyId: 'PSTNnobody' } },
  { name: 'timestamp', code: 'InvalidTimeStamp.Expired', before: { Timestamp: '2020-01-01T00:00:00Z' } },
  { name: 'signature', code: 'SignatureDoesNotMatch', after: { Signature: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } },
  { name: 'nonce', code: 'SignatureNonceUsed', before: { SignatureNonce: USED_NONCE } },
  { name: 'version', code: 'InvalidVersion', before: { Version: '1999-01-01' } },
  { name: 'action', code: 'InvalidAction.NotFound', before: { Action: 'DropAllDatabases' } },
  { name: 'parse', code: 'InvalidDatabaseType', before: { DatabaseType: 'dBase' } },
  { name: 'existence', code: 'BackupGateway.NotFound', before: { BackupGatewayId: '100000000000000' } },
  { name: 'the rest', code: 'InvalidSourceEndpointRegion', before: { SourceEndpointRegion: 'elsewhere' } },
]

/** One parameter cannot have two faults. */
const sharesParameter = (a: Fault, b: Fault) => Object.keys(a.before ?? {}).some((name) => name in (b.before ?? {}))

async function ask(api: RunningApi, gateway: string, faults: readonly Fault[]): Promise<unknown> {
  const parameters = new Map(
    Object.entries({
      Action: 'CreateGetDBListFromAgentTask',
      Version: '2019-03-06',
      AccessKeyId: api.key.accessKeyId,
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      SignatureNonce: randomUUID(),
      Timestamp: new Date().toISOString(),
      BackupGatewayId: gateway,
      DatabaseType: 'MySQL',
    }),
  )
  const change = (changes: Fault['before']) => {
    for (const [name, value] of Object.entries(changes ?? {})) {
      if (value === null) parameters.delete(name)
      else parameters.set(name, value)
    }
  }
  // The earlier fault last: where two change the same parameter, it is its fault that is there.
  for (const fault of faults.toReversed()) change(fault.before)
  parameters.set('Signature', signV1(stringToSignV1('GET', parameters), api.key.secret))
  for (const fault of faults.toReversed()) change(fault.after)
  const { body } = await send(`${api.url}/?${encodeParameters(parameters)}`)
  return body['Code']
}

test('row 4: of two faults the one of the earlier check is answered', async (t) => {
  await using api = await runApi()
  const gateway = String(await api.addGateway())
  assert.equal(await ask(api, gateway, []), undefined)
  await api.call('DescribeBackupGatewayList', {}, { nonce: USED_NONCE })

  for (const [at, fault] of FAULTS.entries()) {
    await t.test(`row 4: ${fault.name} alone`, async () => {
      assert.equal(await ask(api, gateway, [fault]), fault.code)
    })
    for (const later of FAULTS.slice(at + 1).filter((other) => !sharesParameter(fault, other))) {
      await t.test(`row 4: ${fault.name} before ${later.name}`, async () => {
        assert.equal(await ask(api, gateway, [fault, later]), fault.code)
      })
    }
  }
})

test('row 4: the permission is asked before it is said what exists', async () => {
  await using api = await runApi()
  // A key of the account that is not its root's has no permission yet.
  const user = newAccessKey()
  const sealedSecret = api.box.seal(user.secret, user.id)
  const principal = toPrincipalId(`${api.account}:user/ada`)
  await api.store.access.createAccessKey({ id: user.id, account: api.account, principal, sealedSecret })
  const key = { accessKeyId: user.id, secret: user.secret }

  const gateway = String(await api.addGateway())
  for (const BackupGatewayId of [gateway, '100000000000000']) {
    const { status, body } = await api.call(
      'CreateGetDBListFromAgentTask',
      { BackupGatewayId, DatabaseType: 'mysql' },
      { key },
    )
    assert.equal(status, 403)
    assert.equal(body['Code'], 'Request.Forbidden')
    assert.equal(body['Message'], 'Have no Permissions')
  }
  const { body } = await api.call(
    'CreateGetDBListFromAgentTask',
    { BackupGatewayId: gateway, DatabaseType: 'mysql' },
    { key },
  )
  assert.deepEqual(body['AccessDeniedDetail'], {
    AuthAction: 'dbs:CreateGetDBListFromAgentTask',
    // Not its region: that would tell that it exists.
    Resource: `acs:dbs:*:${api.account}:backupgateway/${gateway}`,
    NoPermissionType: 'ImplicitDeny',
    PolicyType: 'AccountLevelIdentityBasedPolicy',
    AuthPrincipalType: 'SubUser',
    AuthPrincipalDisplayName: 'ada',
    AuthPrincipalOwnerId: api.account,
  })
  const malformed = await api.call(
    'CreateGetDBListFromAgentTask',
    { BackupGatewayId: gateway, DatabaseType: 'x' },
    { key },
  )
  assert.equal(malformed.body['Code'], 'InvalidDatabaseType')
})
