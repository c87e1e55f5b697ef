import { createHash } from 'node:crypto'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { SIGNATURE_ALGORITHM_V3, signV3, stringToSignV3 } from '../../src/access/signature-v3.ts'
import { MAX_PARAMETER_BYTES } from '../../src/api/parameters.ts'
import { brokenHttp, mutated } from './broken-http.ts'
import { createRandom, type Random } from './random.ts'
import { type FuzzedAction, randomText, valueOf, type World } from './values.ts'

export interface FuzzRequest {
  /** As it goes over the wire. */
  readonly bytes: Buffer
  /** Whether every signature in it is right. */
  readonly signed: boolean
  /** Whether it is HTTP and must have its one answer; others go over a connection of their own. */
  readonly whole: boolean
}

const FORM = 'application/x-www-form-urlencoded'

/** Request `index` of the run with this seed, the same for the same world but for its time. */
export function fuzzRequest(
  { seed, index }: { readonly seed: number; readonly index: number },
  world: World,
  actions: readonly FuzzedAction[],
): FuzzRequest {
  const random = createRandom(seed, index)
  const make = () => signedRequest(actions, { world, random })
  const kind = random.below(100)
  if (kind < 72) return make()
  if (kind < 82) return { ...signedRequest(actions, { world, random, change: tamper(random) }), signed: false }
  if (kind < 86) {
    const parts = Array.from({ length: 2 + random.below(4) }, make)
    return { bytes: Buffer.concat(parts.map(({ bytes }) => bytes)), signed: false, whole: false }
  }
  const bytes = kind < 96 ? mutated(make().bytes, random) : brokenHttp(make().bytes, random)
  return { bytes, signed: false, whole: false }
}

/** Changes to what was signed, afterwards. */
type Tamper = (parameters: Map<string, string>) => void

function tamper(random: Random): Tamper {
  const [name, value] = random.pick<readonly [string, string | undefined]>([
    ['Signature', 'AAAA'],
    ['Signature', undefined],
    ['AccessKeyId', 'PSTNnobody'],
    ['AccessKeyId', 'x'.repeat(3_000)],
    ['Timestamp', '2020-01-01T00:00:00Z'],
    ['Timestamp', '\0'],
    ['SignatureNonce', undefined],
    ['SignatureMethod', 'HMAC-MD5'],
    ['SignatureVersion', '9'],
    ['SecurityToken', 'x'],
    ['Action', 'Nothing'],
    ['Format', 'YAML'],
  ])
  return (parameters) => void (value === undefined ? parameters.delete(name) : parameters.set(name, value))
}

function signedRequest(actions: readonly FuzzedAction[], { world, random, change }: Making): FuzzRequest {
  const action = actions[random.below(actions.length)]
  if (action === undefined) throw new Error('there are no actions')
  const own = ownParameters(action, world, random)
  // What V3 signs has no parameters of the signature that could be changed.
  return change === undefined && random.chance(0.5)
    ? v3(action, own, { world, random })
    : v1(action, own, { world, random, change })
}

function ownParameters(action: FuzzedAction, world: World, random: Random): Record<string, string> {
  const chosen = action.parameters.filter(({ required }) => random.chance(required ? 0.92 : 0.4))
  const own = Object.fromEntries(chosen.map((parameter) => [parameter.name, valueOf(parameter, world, random)]))
  // The others need it.
  if (action.name === 'DeleteGateway' && own['BackupGatewayId'] === world.gateway) delete own['BackupGatewayId']
  own['Format'] = random.pick(['JSON', 'json', 'XML', 'xml', 'XML', ''])
  if (random.chance(0.05)) {
    const name = random.pick([
      '__proto__',
      'a.b.1',
      'Identifier.1',
      'Identifier.9999',
      'OwnerId',
      'RegionId',
      '\0',
      `x${randomText(random)}`,
    ])
    Object.defineProperty(own, name, { value: randomText(random), enumerable: true, configurable: true })
  }
  return own
}

interface Making {
  readonly world: World
  readonly random: Random
  readonly change?: Tamper | undefined
}

function v1(action: FuzzedAction, own: Record<string, string>, { world, random, change }: Making): FuzzRequest {
  const method = random.pick<'GET' | 'POST'>(['GET', 'POST'])
  const given = { ...own, Version: action.version, Action: action.name }
  const moment = { method, time: Date.now(), nonce: random.hex(32) } as const
  const parameters = new Map(signedParametersV1(given, world.key, moment))
  change?.(parameters)
  const inBody = method === 'POST' && random.chance(0.7) ? [...parameters].filter(() => random.chance(0.8)) : []
  const body = encodeParameters(new Map(inBody))
  const query = encodeParameters(new Map([...parameters].filter(([name]) => !inBody.some(([other]) => other === name))))
  const headers = body === '' ? [] : [['content-type', random.pick([FORM, `${FORM};charset=utf-8`])] as const]
  return written({ method, query, headers, body }, world)
}

function v3(action: FuzzedAction, own: Record<string, string>, { world, random }: Making): FuzzRequest {
  const method = random.pick<'GET' | 'POST'>(['GET', 'POST'])
  const inBody = method === 'POST' && random.chance(0.6)
  const body = inBody ? encodeParameters(new Map(Object.entries(own))) : ''
  const query = new Map(inBody ? [] : Object.entries(own))
  const bodyHash = createHash('sha256').update(body).digest('hex')
  const headers: readonly (readonly [string, string])[] = [
    ['x-acs-action', action.name],
    ['x-acs-version', action.version],
    ['x-acs-date', new Date().toISOString().replace(/\.\d+Z$/, 'Z')],
    ['x-acs-signature-nonce', random.hex(32)],
    ['x-acs-content-sha256', bodyHash],
    ...(body === '' ? [] : [['content-type', FORM] as const]),
  ]
  const signed = [['host', hostOf(world)] as const, ...headers]
  const signature = signV3(stringToSignV3({ method, path: '/', query, headers: signed, bodyHash }), world.key.secret)
  const names = signed
    .map(([name]) => name)
    .toSorted()
    .join(';')
  const authorization = `${SIGNATURE_ALGORITHM_V3} Credential=${world.key.accessKeyId},SignedHeaders=${names},Signature=${signature}`
  return written(
    { method, query: encodeParameters(query), headers: [...headers, ['authorization', authorization]], body },
    world,
  )
}

const hostOf = ({ port }: World) => `127.0.0.1:${port}`

function written(
  request: { method: string; query: string; headers: readonly (readonly [string, string])[]; body: string },
  world: World,
): FuzzRequest {
  const { method, query, headers, body } = request
  const length = Buffer.byteLength(body)
  const lines = [
    ['host', hostOf(world)] as const,
    ...headers,
    ...(method === 'POST' ? [['content-length', String(length)] as const] : []),
  ]
  const head = `${method} /${query === '' ? '' : `?${query}`} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  // Over the limit the signature is not looked at.
  return { bytes: Buffer.from(head + body), signed: query.length + length <= MAX_PARAMETER_BYTES, whole: true }
}
