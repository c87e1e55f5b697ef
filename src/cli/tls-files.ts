import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { reason } from './exit-code.ts'

const MAX_BYTES = 1024 * 1024

/** PEM texts that fit each other. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
}

/** What is wrong with one of the two files; the message continues the name of the option. */
export class TlsFileError extends Error {
  readonly file: string
  constructor(file: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TlsFileError'
    this.file = file
  }
}

/** Throws TlsFileError for files that cannot be read, are not PEM, or do not belong together. */
export function readTlsFiles(certFile: string, keyFile: string): TlsPair {
  const cert = read(certFile)
  const key = read(keyFile)
  const certificate = parseCertificate(cert, certFile)
  if (!certificate.checkPrivateKey(parseKey(key, keyFile)))
    throw new TlsFileError(keyFile, `does not belong to the certificate of ${certFile}: ${keyFile}`)
  try {
    // The chain behind the first certificate, and what this TLS library refuses for other reasons.
    createSecureContext({ cert, key, minVersion: 'TLSv1.2' })
  } catch (cause) {
    throw new TlsFileError(certFile, `cannot be used (${reason(cause)}): ${certFile}`, { cause })
  }
  return { cert, key }
}

function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new TlsFileError(file, `is not a certificate in PEM: ${file}`, { cause })
  }
}

function parseKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const encrypted = pem.includes('ENCRYPTED')
    const what = encrypted ? 'is encrypted; give a private key without a passphrase' : 'is not a private key in PEM'
    throw new TlsFileError(file, `${what}: ${file}`, { cause })
  }
}

function read(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) throw new RangeError('it has more than 1 MiB')
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TlsFileError(file, `cannot be read: ${reason(cause)}`, { cause })
  }
}
