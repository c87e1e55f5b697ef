import { ConfigurationError } from '../base/configuration-error.ts'
import { readNamedFile } from '../bus/bus-address.ts'
import { usageError } from './exit-code.ts'

export interface BusOptions {
  readonly bus?: string
  readonly busFile?: string
}

const CHOICES = 'local, postgres, or the URL of NATS servers such as nats://HOST:4222'
const WHERE = 'Put the URL into a file that only the server may read and give it with --bus-file, or into POSTERN_BUS.'

/** From --bus, --bus-file or POSTERN_BUS: `local`, `postgres` or a URL, which may hold a password. No message has it. */
export function busSource({ bus, busFile }: BusOptions, env: Readonly<Record<string, string | undefined>>): string {
  if (bus !== undefined && busFile !== undefined) throw usageError('Give --bus or --bus-file, not both.')
  if (bus !== undefined && hasPassword(bus)) {
    const why = 'Every user of this machine can see it in the list of processes.'
    throw usageError(`The URL of --bus has a password. ${why} ${WHERE}`)
  }
  const source = (bus ?? (busFile === undefined ? env['POSTERN_BUS'] : readSource(busFile)) ?? '').trim() || 'local'
  if (source === 'local' || source === 'postgres' || /^(nats|tls|postgres|postgresql):\/\//.test(source)) return source
  throw usageError(`--bus must be ${CHOICES}.`)
}

/** Of an authority with several hosts too, which no URL has. */
const hasPassword = (text: string) => /^[a-z]+:\/\/[^/?#@]*:[^/?#]*@/i.test(text)

function readSource(file: string): string {
  try {
    return readNamedFile(file, { parameter: '--bus-file', secret: true })
  } catch (error) {
    throw error instanceof ConfigurationError ? usageError(error.message) : error
  }
}
