import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { ConfigurationError } from '../base/configuration-error.ts'
import type { Log } from '../base/log.ts'
import { readPrivateFile, writePrivateFile } from '../gateway/private-file.ts'
import { selfSignedCertificate } from '../link/self-signed-certificate.ts'
import { canonicalAddress, parseHost } from '../model/host.ts'
import { type ServerPin, serverPinOf } from '../model/ids.ts'
import type { ServerSettings } from './server-settings.ts'
import type { TlsPair } from './tls-files.ts'

const CURVE = 'prime256v1'
const DAY_MS = 24 * 3600_000
/** Some clients take no certificate that is valid for more than 825 days. */
const VALID_MS = 730 * DAY_MS
/** Clocks of clients may be behind. */
const EARLIER_MS = DAY_MS
const RENEW_MS = 30 * DAY_MS

export interface SelfSignedTls {
  /** PEM. */
  readonly cert: string
  readonly key: string
  readonly pin: ServerPin
  /** Milliseconds since 1970. */
  readonly until: number
}

/**
 * The key of DIR/tls-key.pem and a certificate for it, DIR/tls-cert.pem; what is not there is made. The key stays; the
 * certificate is re-issued within 30 days of its end and where it lacks a name. `now`: milliseconds since 1970.
 * Throws ConfigurationError. Only one process may call it for a folder at a time.
 */
export async function ensureSelfSigned(settings: ServerSettings, now: number): Promise<SelfSignedTls> {
  const keyFile = join(settings.data, 'tls-key.pem')
  const certFile = join(settings.data, 'tls-cert.pem')
  const key = await ensureKey(keyFile)
  const publicKey = createPublicKey(key)
  const required = requiredNames(settings)
  const found = await readCertificate(certFile)
  if (found !== undefined && !found.certificate.checkPrivateKey(key)) {
    const mend =
      'Move the certificate away: a new one is made for the key. One that you have yourself is given with --tls-cert.'
    throw new ConfigurationError(certFile, `is not for the key in ${keyFile}. ${mend}`)
  }
  const usable = found !== undefined && endOf(found.certificate) - now > RENEW_MS && covers(found.certificate, required)
  const cert = usable ? found.text : issue(key, { required, now })
  if (!usable) await writePrivateFile(certFile, cert)
  return {
    cert,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    pin: serverPinOf(publicKey.export({ type: 'spki', format: 'der' })),
    until: endOf(new X509Certificate(cert)),
  }
}

/** Looks once a day, so that a server that is never stopped re-issues its certificate in time, for the connections from then on. */
export function renewSelfSigned(parts: {
  readonly settings: () => ServerSettings
  readonly served: SelfSignedTls
  readonly replaceCertificate: (tls: TlsPair) => void
  readonly clock: Clock
  readonly log: Log
}): Disposable {
  const { settings, replaceCertificate, clock, log } = parts
  let { served } = parts
  const renew = async () => {
    const tls = await ensureSelfSigned(settings(), clock.wall())
    if (tls.cert === served.cert) return
    if (tls.pin !== served.pin) throw new Error('the key was replaced; it is used from the next start on')
    replaceCertificate({ cert: tls.cert, key: tls.key })
    served = tls
    log.info({ until: new Date(tls.until).toISOString() }, 're-issued the self-signed certificate')
  }
  const timer = clock.every(DAY_MS, () => {
    renew().catch((error: unknown) => log.error({ err: error }, 'the self-signed certificate could not be re-issued'))
  })
  return { [Symbol.dispose]: () => timer.cancel() }
}

async function ensureKey(file: string): Promise<KeyObject> {
  const text = await readPrivateFile(file)
  if (text !== undefined) {
    const key = parseKey(text)
    if (key?.asymmetricKeyDetails?.namedCurve === CURVE) return key
    const mend = 'Restore it from a backup: with another key every gateway has to be enrolled again.'
    throw new ConfigurationError(file, `is not a private key of P-256 in PEM. ${mend}`)
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE })
  await writePrivateFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  return privateKey
}

function parseKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}

async function readCertificate(file: string): Promise<{ text: string; certificate: X509Certificate } | undefined> {
  try {
    const text = await readFile(file, 'utf8')
    return { text, certificate: new X509Certificate(text) }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new ConfigurationError(
      file,
      'is not a certificate in PEM. Move it away: a new one is made for the key.',
      cause,
    )
  }
}

const endOf = (certificate: X509Certificate) => Date.parse(certificate.validTo)

/** What clients dial. The machine's own name is not among them: it changes with every container, and copies of the certificate would end with it. */
function requiredNames({ listen, publicUrl }: ServerSettings): readonly string[] {
  const given = [listen.host, new URL(publicUrl).hostname]
  return [...new Set(['localhost', '127.0.0.1', '::1', ...given.flatMap(concreteName)])]
}

/** None of 0.0.0.0 and ::, where it listens on all addresses, and of what no certificate can name. */
function concreteName(text: string): readonly string[] {
  const host = parseHost(text)
  if (typeof host === 'string') return []
  const name = host.kind === 'name' ? host.name : host.address
  return name === '0.0.0.0' || name === '::' || name.includes('%') ? [] : [name]
}

const covers = (certificate: X509Certificate, names: readonly string[]) =>
  names.every((name) =>
    canonicalAddress(name) === undefined ? certificate.checkHost(name) : certificate.checkIP(name),
  )

function issue(key: KeyObject, { required, now }: { required: readonly string[]; now: number }): string {
  const names = [...new Set([...required, ...concreteName(hostname())])]
  const commonName = names.find((name) => name !== 'localhost' && canonicalAddress(name) === undefined) ?? 'localhost'
  return selfSignedCertificate({ key, commonName, names, from: now - EARLIER_MS, until: now + VALID_MS })
}
