import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { ConfigurationError, type ConfigurationProblem } from '../base/configuration-error.ts'
import { describeIssue, inOrder, readYamlFile } from '../base/configuration-file.ts'
import { LOG_LEVELS } from '../base/log-levels.ts'
import { TASK_RETENTION_MS } from '../model/task.ts'
import { isCidr } from '../model/trusted-proxies.ts'
import { BUS_CHOICES, isBus } from './bus-source.ts'
import { HOST_AND_PORT, listenAddressOf } from './listen-address.ts'
import { readTlsFiles, TlsFileError } from './tls-files.ts'
import { urlProblems } from './url-problems.ts'

const listen = z.string().refine((text) => listenAddressOf(text) !== undefined, `must be ${HOST_AND_PORT}`)
const file = z.string().min(1, 'must not be empty').max(4096, 'must have at most 4096 characters')
const from = (min: number, max: number) => {
  const range = `must be a number from ${min} to ${max}`
  return z.number(range).min(min, range).max(max, range)
}

export const SERVER_DEFAULTS = {
  listen: '127.0.0.1:7070',
  bus: 'local',
  selfSigned: false,
  behindProxy: [],
  drainGraceSeconds: 5,
  timestampWindowMinutes: 15,
  taskRetentionDays: TASK_RETENTION_MS / (24 * 3600_000),
  auditReads: false,
  auditRetentionDays: 365,
  logLevel: 'info',
  throttle: { perKey: { perSecond: 100, burst: 200 }, perAccount: { perSecond: 500, burst: 1000 } },
  wrongSignaturesPerMinute: 30,
  connectionsPerAddress: 1000,
} as const
/** The largest window that can be set. */
export const MAX_TIMESTAMP_WINDOW_MINUTES = 60

/** What says in the reference and in the JSON Schema when a changed value counts. */
const AT_ONCE = { 'x-reload': 'at once' }
const AT_RESTART = { 'x-reload': 'after a restart' }

const whole = (min: number, max: number) => from(min, max).int(`must be a whole number from ${min} to ${max}`)

/** `who` calls too often. */
function rate(who: string, defaults: { readonly perSecond: number; readonly burst: number }) {
  const perSecond = from(0, 1_000_000)
    .optional()
    .meta({
      description: `Requests each second of ${who}, on average; 0 is no limit.`,
      examples: [defaults.perSecond],
      default: defaults.perSecond,
      ...AT_ONCE,
    })
  const burst = whole(1, 1_000_000)
    .optional()
    .meta({
      description: `Requests at one moment of ${who}, after a time with fewer.`,
      examples: [defaults.burst],
      default: defaults.burst,
      ...AT_ONCE,
    })
  return z
    .strictObject({ perSecond, burst })
    .optional()
    .meta({ description: `How often ${who} may call.`, examples: [defaults], ...AT_ONCE })
}

const throttle = z.strictObject({
  perKey: rate('one AccessKey', SERVER_DEFAULTS.throttle.perKey),
  perAccount: rate('all keys of one account together', SERVER_DEFAULTS.throttle.perAccount),
})
const FILE_KEYS = ['storeFile', 'busFile', 'keyFile', 'tlsCert', 'tlsKey'] as const
const THROTTLE_KEYS = ['perKey', 'perAccount']
const RATE_KEYS = ['perSecond', 'burst']

/** Keys of the configuration file; the options of the command line have the same names and win. Relative files are beside it. */
export const serverConfiguration = z
  .strictObject({
    listen: listen.optional().meta({
      description: 'Address of the API and of the gateways: `HOST:PORT`, or `[::1]:PORT` for IPv6.',
      examples: ['0.0.0.0:7070'],
      default: SERVER_DEFAULTS.listen,
      ...AT_RESTART,
    }),
    store: file.optional().meta({
      description:
        'URL of the database that several servers share; without it the store is in the folder of the server. With a password in it only the owner of this file may read it (`chmod 600`).',
      examples: ['postgres://postern@db1.example.net:5432,db2.example.net:5432/postern'],
      ...AT_RESTART,
    }),
    storeFile: file.optional().meta({
      description: 'File with that URL, which only the server may read. Not beside `store`.',
      examples: ['/etc/postern/store-url'],
      ...AT_RESTART,
    }),
    storeDirect: file.optional().meta({
      description:
        'The same database past a connection pooler, for migrations and the bus; user and password are those of the other URL.',
      examples: ['postgres://postern@db1.example.net:5432,db2.example.net:5432/postern'],
      ...AT_RESTART,
    }),
    bus: file
      .refine(isBus, `must be ${BUS_CHOICES}`)
      .optional()
      .meta({
        description: 'What wakes the other servers of the same store: `local`, `postgres` or the URL of NATS servers.',
        examples: ['nats://nats1.example.net:4222,nats2.example.net:4222'],
        default: SERVER_DEFAULTS.bus,
        ...AT_RESTART,
      }),
    busFile: file.optional().meta({
      description: 'File with the URL of the bus, which only the server may read. Not beside `bus`.',
      examples: ['/etc/postern/bus-url'],
      ...AT_RESTART,
    }),
    metricsListen: listen.optional().meta({
      description: 'Address of `/metrics`; without it there is none.',
      examples: ['127.0.0.1:9090'],
      ...AT_RESTART,
    }),
    keyFile: file.optional().meta({
      description: 'Key that secrets lie in the store under; without it `secret.key` in the folder of the store.',
      examples: ['/etc/postern/secret.key'],
      ...AT_RESTART,
    }),
    tlsCert: file.optional().meta({
      description:
        'PEM file with the certificate and its chain. Read again when it changes; connections that are open stay. With TLS or without it counts after a restart.',
      examples: ['/etc/postern/tls.crt'],
      ...AT_ONCE,
    }),
    tlsKey: file.optional().meta({
      description: 'PEM file with the private key of `tlsCert`, not encrypted. Read again when it changes.',
      examples: ['/etc/postern/tls.key'],
      ...AT_ONCE,
    }),
    selfSigned: z
      .boolean()
      .optional()
      .meta({
        description:
          'The server makes a certificate of its own in the folder of the store; tokens carry the fingerprint of its key, and gateways are pinned to it. Not beside `tlsCert`.',
        examples: [true],
        default: SERVER_DEFAULTS.selfSigned,
        ...AT_RESTART,
      }),
    behindProxy: z
      .array(z.string().refine(isCidr, 'must be an address or a range of addresses such as 10.0.0.0/8'))
      .max(1000, 'must have at most 1000 entries')
      .optional()
      .meta({
        description: 'Addresses and ranges of the proxies in front, whose forwarded headers are believed.',
        examples: [['10.0.0.0/8']],
        default: SERVER_DEFAULTS.behindProxy,
        ...AT_ONCE,
      }),
    publicUrl: z
      .url({ protocol: /^https?$/, error: 'must be an address such as https://postern.example.net' })
      .optional()
      .meta({
        description: 'What links in answers begin with; without it the address of `listen`.',
        examples: ['https://postern.example.net'],
        ...AT_ONCE,
      }),
    drainGraceSeconds: from(0, 300)
      .optional()
      .meta({
        description: 'How long to go on serving after SIGTERM.',
        examples: [10],
        default: SERVER_DEFAULTS.drainGraceSeconds,
        ...AT_ONCE,
      }),
    timestampWindowMinutes: from(1, MAX_TIMESTAMP_WINDOW_MINUTES)
      .optional()
      .meta({
        description: 'How far the `Timestamp` of a request may be off, either way.',
        examples: [15],
        default: SERVER_DEFAULTS.timestampWindowMinutes,
        ...AT_ONCE,
      }),
    taskRetentionDays: from(1, 365)
      .optional()
      .meta({
        description: 'How long an ended task is kept.',
        examples: [30],
        default: SERVER_DEFAULTS.taskRetentionDays,
        ...AT_ONCE,
      }),
    throttle: throttle.optional().meta({
      description: 'How often the API may be called; beyond that the answer is `Throttling.User`.',
      examples: [SERVER_DEFAULTS.throttle],
      ...AT_ONCE,
    }),
    wrongSignaturesPerMinute: whole(0, 1_000_000)
      .optional()
      .meta({
        description:
          'Wrong signatures of one AccessKey from one address, and unknown keys from one address, that are looked at; beyond them the answer is `Throttling`. 0 is no limit.',
        examples: [30],
        default: SERVER_DEFAULTS.wrongSignaturesPerMinute,
        ...AT_ONCE,
      }),
    connectionsPerAddress: whole(1, 1_000_000)
      .optional()
      .meta({
        description:
          'Connections that one address, or one /64 of IPv6, may have open; those of `behindProxy` are not counted.',
        examples: [1000],
        default: SERVER_DEFAULTS.connectionsPerAddress,
        ...AT_ONCE,
      }),
    auditReads: z
      .boolean()
      .optional()
      .meta({
        description: 'Whether successful reads are in the audit trail too, besides changes, denials and sign-ins.',
        examples: [true],
        default: SERVER_DEFAULTS.auditReads,
        ...AT_ONCE,
      }),
    auditRetentionDays: from(1, 3650)
      .optional()
      .meta({
        description: 'How long the days of the audit trail are kept; their signed heads stay.',
        examples: [90],
        default: SERVER_DEFAULTS.auditRetentionDays,
        ...AT_ONCE,
      }),
    logLevel: z
      .enum(LOG_LEVELS)
      .optional()
      .meta({
        description: 'How much is logged. `--log-level` wins.',
        examples: ['debug'],
        default: SERVER_DEFAULTS.logLevel,
        ...AT_ONCE,
      }),
  })
  .meta({ title: 'Configuration of a Postern server' })
export type ServerConfiguration = z.infer<typeof serverConfiguration>

/** Throws ConfigurationError with every problem of the file and of the certificate that it names; files become absolute. */
export function loadServerConfiguration(path: string): ServerConfiguration {
  const source = readYamlFile(path)
  const parsed = serverConfiguration.safeParse(source.value)
  if (!parsed.success) {
    const validKeys = ({ length: depth }: readonly PropertyKey[]) =>
      [Object.keys(serverConfiguration.shape), THROTTLE_KEYS][depth] ?? RATE_KEYS
    const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, { source, validKeys }))
    throw new ConfigurationError(path, inOrder(problems))
  }
  const configured = withAbsoluteFiles(parsed.data, dirname(resolve(path)))
  const at = (key: string, message: string): ConfigurationProblem => ({ ...source.positionOf([key]), message })
  const ofUrls = urlProblems(path, parsed.data).map(({ key, message }) => at(key, message))
  if (ofUrls.length > 0) throw new ConfigurationError(path, inOrder(ofUrls))
  const { tlsCert, tlsKey } = configured
  try {
    if (tlsCert !== undefined && tlsKey !== undefined) readTlsFiles(tlsCert, tlsKey)
  } catch (error) {
    if (!(error instanceof TlsFileError)) throw error
    const key = error.file === tlsCert ? 'tlsCert' : 'tlsKey'
    throw new ConfigurationError(path, [at(key, `\`${key}\` ${error.message}`)], error)
  }
  return configured
}

function withAbsoluteFiles(configured: ServerConfiguration, folder: string): ServerConfiguration {
  const files = FILE_KEYS.flatMap((key) => {
    const given = configured[key]
    return given === undefined ? [] : [[key, resolve(folder, given)] as const]
  })
  return { ...configured, ...Object.fromEntries(files) }
}
