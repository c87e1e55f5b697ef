import { usageError } from './exit-code.ts'
import { readSecretUrl, refusePassword } from './secret-url.ts'

/** Of the command line, or of the configuration file. */
export interface BusOptions {
  readonly bus?: string | undefined
  readonly busFile?: string | undefined
}

export const BUS_CHOICES = 'local, postgres, or the URL of NATS servers such as nats://HOST:4222'

export const isBus = (text: string): boolean =>
  text === 'local' || text === 'postgres' || /^(nats|tls|postgres|postgresql):\/\//.test(text)

/** What the command line says of the bus, and without it the environment. Throws usageError, which has no URL. */
export function busOptions(
  { bus, busFile }: BusOptions,
  env: Readonly<Record<string, string | undefined>>,
): BusOptions {
  if (bus !== undefined && busFile !== undefined) throw usageError('Give --bus or --bus-file, not both.')
  refusePassword(bus, { option: '--bus', file: '--bus-file', variable: 'POSTERN_BUS' })
  return bus !== undefined || busFile !== undefined ? { bus, busFile } : { bus: env['POSTERN_BUS'] || undefined }
}

/** `local`, `postgres` or a URL, which may hold a password. Reads the file. Throws usageError, which has no URL. */
export function busSource({ bus, busFile }: BusOptions): string {
  const source = (busFile === undefined ? bus?.trim() : readSecretUrl(busFile, '--bus-file')) || 'local'
  if (isBus(source)) return source
  throw usageError(`--bus must be ${BUS_CHOICES}.`)
}
