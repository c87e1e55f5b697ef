import { z } from 'zod'
import { DATABASE_TYPE_NAMES, type DatabaseType, parseDatabaseType } from '../model/database-type.ts'
import { type ConfiguredHost, parseConfiguredHost } from './configured-host.ts'
import { LOGIN_MECHANISMS } from '../model/login-mechanism.ts'
import { LOG_LEVELS } from '../base/log-levels.ts'
import { nearestName } from '../base/nearest-name.ts'

const MAX_ENDPOINTS = 10_000

const text = (max: number) => z.string().min(1, 'must not be empty').max(max, `must have at most ${max} characters`)
const whole = (min: number, max: number) => {
  const range = `must be a whole number from ${min} to ${max}`
  return z.number(range).int(range).min(min, range).max(max, range)
}

const known = DATABASE_TYPE_NAMES.join(', ')

function unknownEngine(given: string): string {
  const near = nearestName(given, DATABASE_TYPE_NAMES)
  return `\`${given}\` is not an engine; ${near === undefined ? `this version knows ${known}` : `did you mean ${near}?`}`
}

const engine = z.string().transform((given, context): DatabaseType => {
  const name = parseDatabaseType(given)
  if (name !== undefined) return name
  context.addIssue({ code: 'custom', message: unknownEngine(given) })
  return z.NEVER
})

const host = text(255).transform((given, context): ConfiguredHost => {
  const parsed = parseConfiguredHost(given)
  if (typeof parsed !== 'string') return parsed
  context.addIssue({ code: 'custom', message: `\`${given}\` ${parsed}` })
  return z.NEVER
})

const tls = z.strictObject({
  mode: z
    .enum(['verify', 'off'])
    .default('verify')
    .meta({
      description:
        '`verify`: TLS, and the certificate must be valid for the host. `off`: everything travels in clear text, the list of names too; not possible for a range.',
      examples: ['verify'],
    }),
  caFile: text(4096)
    .optional()
    .meta({
      description:
        'PEM file with the authorities that may have signed the certificate of the server; without it those of the system. Read at each use.',
      examples: ['company-ca.pem'],
    }),
  serverName: text(253)
    .optional()
    .meta({
      description: 'The name that the certificate must be for; without it `host`.',
      examples: ['db1.example.net'],
    }),
  clientCertFile: text(4096)
    .optional()
    .meta({
      description:
        'PEM file with the certificate that the gateway shows a server that asks for one, and the authorities between. Needs `clientKeyFile`. Read at each use.',
      examples: ['postern.pem'],
    }),
  clientKeyFile: text(4096)
    .optional()
    .meta({
      description:
        'PEM file with the private key of `clientCertFile`, without a passphrase; only its owner may read it (`chmod 600`). It may be the same file. Read at each use.',
      examples: ['postern-key.pem'],
    }),
})

/** Passwords may hold anything but a NUL, which no protocol can send. */
const password = z
  .string()
  .max(4096, 'must have at most 4096 characters')
  .refine((value) => !value.includes('\0'), 'must not hold a NUL character')

const argument = z
  .string('must be a list of texts: the program, then its arguments, each in quotes')
  .max(4096, 'must have at most 4096 characters')
  .refine((value) => !value.includes('\0'), 'must not hold a NUL character')
const command = z
  .array(argument)
  .min(1, 'must have the program, then its arguments')
  .max(64, 'must have at most 64 entries')
  .refine(([program]) => program !== '', 'must begin with the program')

/** It stands in a text with brackets that the listener reads. */
const oracleName = text(255).regex(/^[\w$#.-]*$/, 'may have letters, digits and `_ $ # . -` only')

const endpoint = z.strictObject({
  name: text(128)
    .optional()
    .meta({
      description: 'What messages call it; unique. Without it `engine@host:port`.',
      examples: ['plant-7'],
    }),
  engine: engine.meta({ description: `The kind of database server: ${known}.`, examples: ['PostgreSQL'] }),
  host: host.meta({
    description:
      'A name, an address, or a range of addresses such as `10.0.0.0/24`, of which the caller names one. Only what is listed is ever dialled.',
    examples: ['db1.example.net'],
  }),
  port: whole(1, 65_535)
    .optional()
    .meta({ description: "The server's port; without it the usual one of the engine.", examples: [5432] }),
  user: text(256).meta({ description: 'The user to log in as.', examples: ['postern'] }),
  password: password.optional().meta({
    description: 'The password itself; then only the owner of the file may read it (`chmod 600`).',
    examples: ['correct horse battery staple'],
  }),
  passwordFile: text(4096)
    .optional()
    .meta({
      description: 'File with the password, without its last newline. Read at each use.',
      examples: ['/run/secrets/db1'],
    }),
  passwordEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
    .optional()
    .meta({ description: 'Environment variable with the password.', examples: ['DB1_PASSWORD'] }),
  passwordCommand: command.optional().meta({
    description:
      'Program and arguments, run without a shell, that prints the password: at most 4 KiB, within 10 seconds, without its last newline. Kept in memory for 5 minutes; run again when the server refuses the password.',
    examples: [['vault', 'kv', 'get', '-field=password', 'secret/db1']],
  }),
  database: text(256)
    .optional()
    .meta({
      description: 'The database to log in to, for engines that want one; without it the usual ones are tried.',
      examples: ['postgres'],
    }),
  serviceName: oracleName.optional().meta({
    description: 'Oracle: the service to log in to; one of the root lists all pluggable databases. This or `sid`.',
    examples: ['ORCLCDB'],
  }),
  sid: oracleName.optional().meta({
    description: 'Oracle: the SID of the instance, for listeners that know no service. This or `serviceName`.',
    examples: ['ORCL'],
  }),
  sizeBudgetSeconds: whole(0, 30)
    .default(0)
    .meta({
      description:
        'How long the gateway may ask for the sizes of the databases once it has their list. Sizes that are not known by then are left out, with a warning. 0: they are not asked for.',
      examples: [5],
    }),
  authMechanism: z
    .enum(LOGIN_MECHANISMS)
    .optional()
    .meta({
      description:
        'MongoDB: the one way to log in; without it the best of SCRAM that the user has. `MONGODB-X509` needs `tls.clientCertFile`, no password, and as `user` the subject of the certificate as RFC 2253 writes it.',
      examples: ['MONGODB-X509'],
    }),
  tls: tls.prefault({}).meta({ description: 'How the connection is protected.', examples: [{ mode: 'verify' }] }),
})
export type EndpointEntry = z.output<typeof endpoint>

export interface NumberedEntry {
  /** Its place in `endpoints`, from 0. */
  readonly index: number
  readonly entry: EndpointEntry
}

const limits = z.strictObject({
  total: whole(1, 1000)
    .default(16)
    .meta({
      description: 'Tasks at a time. More than before counts from the next connection to the server on.',
      examples: [16],
    }),
  perEndpoint: whole(1, 1000)
    .default(4)
    .meta({ description: 'Tasks at a time for one database server.', examples: [4] }),
  connectSeconds: whole(1, 300)
    .default(10)
    .meta({ description: 'The longest that connecting, TLS and the login may take, each.', examples: [10] }),
  querySeconds: whole(1, 3600)
    .default(30)
    .meta({ description: 'The longest that a query may take.', examples: [30] }),
})

/** The whole file. What spans several entries (names, duplicates, files) is checked by `configuration.ts`. */
export const configurationSchema = z
  .strictObject({
    endpoints: z
      .array(endpoint)
      .max(MAX_ENDPOINTS, `there may be at most ${MAX_ENDPOINTS} endpoints`)
      .meta({
        description:
          'The database servers that may be asked. At most one of `password`, `passwordFile`, `passwordEnv` and `passwordCommand` each.',
        examples: [
          [{ engine: 'PostgreSQL', host: 'db1.example.net', user: 'postern', passwordFile: '/run/secrets/db1' }],
        ],
      }),
    limits: limits
      .prefault({})
      .meta({ description: 'How much is done at a time, and for how long.', examples: [{ total: 32 }] }),
    rotateKeyDays: whole(1, 3650)
      .optional()
      .meta({
        description:
          "The gateway replaces its key by a new one when it is older than this; without it only `postern gateway rotate-key` does. Results stay verifiable: note the new fingerprint from the gateway's log or `gateway check --data`.",
        examples: [90],
      }),
    logLevel: z
      .enum(LOG_LEVELS)
      .optional()
      .meta({
        description: 'How much is logged. `--log-level` wins.',
        examples: ['debug'],
        default: 'info',
      }),
  })
  .meta({ title: 'Configuration of a Postern gateway' })
export const endpointSchema = endpoint

/** The keys that may stand where `path` points to. */
export function validKeys(path: readonly PropertyKey[]): readonly string[] {
  const last = path.at(-1)
  if (last === 'tls') return Object.keys(tls.shape)
  if (last === 'limits') return Object.keys(limits.shape)
  return Object.keys(path.length === 0 ? configurationSchema.shape : endpoint.shape)
}
