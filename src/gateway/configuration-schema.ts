import { z } from 'zod'
import {
  DATABASE_TYPES,
  ENGINE_NAMES,
  type EngineName,
  isEngineName,
  parseDatabaseType,
} from '../model/database-type.ts'
import { type ConfiguredHost, parseConfiguredHost } from './configured-host.ts'
import { nearestName } from '../base/nearest-name.ts'

const MAX_ENDPOINTS = 10_000

const text = (max: number) => z.string().min(1, 'must not be empty').max(max, `must have at most ${max} characters`)
const whole = (min: number, max: number) => {
  const range = `must be a whole number from ${min} to ${max}`
  return z.number(range).int(range).min(min, range).max(max, range)
}

const known = ENGINE_NAMES.join(', ')
const unsupported = (name: string) => `${name} is not supported by this version, which knows ${known}`

function unknownEngine(given: string): string {
  const near = nearestName(given, Object.keys(DATABASE_TYPES))
  return `\`${given}\` is not an engine; ${near === undefined ? `this version knows ${known}` : `did you mean ${near}?`}`
}

const engine = z.string().transform((given, context): EngineName => {
  const name = parseDatabaseType(given)
  if (name !== undefined && isEngineName(name)) return name
  context.addIssue({ code: 'custom', message: name === undefined ? unknownEngine(given) : unsupported(name) })
  return z.NEVER
})

const host = text(255).transform((given, context): ConfiguredHost => {
  const parsed = parseConfiguredHost(given)
  if (typeof parsed !== 'string') return parsed
  context.addIssue({ code: 'custom', message: `\`${given}\` ${parsed}` })
  return z.NEVER
})

const tls = z.strictObject({
  mode: z.enum(['verify', 'off']).default('verify'),
  caFile: text(4096).optional(),
  serverName: text(253).optional(),
})

/** Passwords may hold anything but a NUL, which no protocol can send. */
const password = z
  .string()
  .max(4096, 'must have at most 4096 characters')
  .refine((value) => !value.includes('\0'), 'must not hold a NUL character')

const endpoint = z.strictObject({
  name: text(128).optional(),
  engine,
  host,
  port: whole(1, 65_535).optional(),
  user: text(256),
  password: password.optional(),
  passwordFile: text(4096).optional(),
  passwordEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
    .optional(),
  database: text(256).optional(),
  tls: tls.prefault({}),
})
export type EndpointEntry = z.output<typeof endpoint>

export interface NumberedEntry {
  /** Its place in `endpoints`, from 0. */
  readonly index: number
  readonly entry: EndpointEntry
}

const limits = z.strictObject({
  total: whole(1, 1000).default(16),
  perEndpoint: whole(1, 1000).default(4),
  connectSeconds: whole(1, 300).default(10),
  querySeconds: whole(1, 3600).default(30),
})

/** The whole file. What spans several entries (names, duplicates, files) is checked by `configuration.ts`. */
export const configurationSchema = z.strictObject({
  endpoints: z.array(endpoint).max(MAX_ENDPOINTS, `there may be at most ${MAX_ENDPOINTS} endpoints`),
  limits: limits.prefault({}),
})
export const endpointSchema = endpoint

/** The keys that may stand where `path` points to. */
export function validKeys(path: readonly PropertyKey[]): readonly string[] {
  const last = path.at(-1)
  if (last === 'tls') return Object.keys(tls.shape)
  if (last === 'limits') return Object.keys(limits.shape)
  return Object.keys(path.length === 0 ? configurationSchema.shape : endpoint.shape)
}
