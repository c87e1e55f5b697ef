import { documentedActions } from '../../src/api/documented-actions.ts'
import { type Parameter, parametersOf } from '../../src/api/action-fields.ts'
import type { Random } from './random.ts'

/** What is really there on the server under test. */
export interface World {
  readonly port: number
  readonly key: { readonly accessKeyId: string; readonly secret: string }
  readonly gateway: string
  readonly tasks: readonly [string, ...string[]]
}

export interface FuzzedAction {
  readonly name: string
  readonly version: string
  readonly parameters: readonly Parameter[]
}

/** Every action of the one list. */
export const fuzzedActions = (): readonly FuzzedAction[] =>
  documentedActions().map((action) => ({
    name: action.name,
    version: action.version,
    parameters: parametersOf(action),
  }))

const INTEGERS = [
  '0',
  '1',
  '-1',
  '+1',
  '01',
  '1e3',
  '1.5',
  '65535',
  '65536',
  '2147483648',
  '9007199254740993',
  '9'.repeat(40),
] as const
const TEXTS = [
  '',
  ' ',
  '*',
  ',',
  'a',
  '0',
  'a'.repeat(63),
  'a'.repeat(64),
  'a'.repeat(65),
  'b'.repeat(128),
  'b'.repeat(129),
  'c'.repeat(1025),
] as const
const WILD = [
  '\0',
  'a\0b',
  '\r\n',
  '\u2028',
  '\uFFFD',
  '\uFEFF',
  '😀'.repeat(50),
  'ä'.repeat(100),
  '\u202Eabc',
  'e\u0301'.repeat(40),
  "' OR 1=1 --",
  '"; DROP TABLE tasks; --',
  '<script>alert(1)</script>',
  ']]>',
  '<!ENTITY x SYSTEM "file:///etc/passwd">',
  '&amp;&#0;',
  '${7*7}',
  '{{7*7}}',
  '../../../../etc/passwd',
  '%00%ff%',
  '__proto__',
  'constructor',
  'toString',
  '[]',
  '{"a":'.repeat(200),
  '[',
  'null',
  '127.1',
  '0x7f.1',
  '[::1]',
  'fe80::1%eth0',
  '-'.repeat(300),
  'NaN',
  'Infinity',
  '2026-13-45T99:99:99Z',
  '*'.repeat(2_000),
  '(a+)+$',
] as const

/** A value for a parameter: one that fits, one at an edge, or a wild one. */
export function valueOf({ name, schema, example }: Parameter, world: World, random: Random): string {
  // A wait would only make the run longer: nothing ends these tasks.
  if (name === 'WaitSeconds') return random.pick(['', '0', '-1', '26', 'x', '99999999999'])
  if (random.chance(0.55)) return fitting({ name, example }, world, random)
  if (random.chance(0.45))
    return schema.type === 'integer' ? random.pick(INTEGERS) : random.pick([...INTEGERS, ...TEXTS])
  if (random.chance(0.02)) return random.pick(['x', 'é', '\u{1F600}']).repeat(random.below(40_000))
  return random.chance(0.7) ? random.pick(WILD) : randomText(random)
}

function fitting({ name, example }: Pick<Parameter, 'name' | 'example'>, world: World, random: Random): string {
  if (name === 'BackupGatewayId') return world.gateway
  if (name === 'TaskId') return random.pick(world.tasks)
  if (/^(New)?UserName$/.test(name)) return `user-${random.below(20)}`
  if (name === 'PolicyName') return random.pick([`policy-${random.below(20)}`, 'AliyunDBSReadOnlyAccess'])
  return example
}

/** Of any characters but lone surrogates, which no encoding of a request can hold. */
export function randomText(random: Random): string {
  const length = random.below(random.pick([4, 40, 400]))
  const points = Array.from({ length }, () => random.below(random.pick([0x80, 0x800, 0xd800, 0x110000])))
  return points.map((point) => (point >= 0xd800 && point < 0xe000 ? '?' : String.fromCodePoint(point))).join('')
}
