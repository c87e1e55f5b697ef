import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigurationError } from '../base/configuration-error.ts'
import { isMissing, syncFolder } from './audit-folder.ts'

const keyFile = (data: string) => join(data, 'audit-key.pem')
/** Where the public half lies; a copy kept elsewhere is what a check can trust. */
export const auditPublicKeyFile = (data: string) => join(data, 'audit-key.pub.pem')

/** The Ed25519 key that signs heads, made at first use. Throws ConfigurationError where it was lost or is no such key. */
export async function openAuditKey(data: string): Promise<KeyObject> {
  const file = keyFile(data)
  const text = await readIfThere(file)
  if (text !== undefined) {
    const key = parse(file, () => createPrivateKey(text))
    // A crash between the two files.
    if ((await readIfThere(auditPublicKeyFile(data))) === undefined) await writePublic(data, key)
    return key
  }
  if ((await readIfThere(auditPublicKeyFile(data))) !== undefined) {
    const mend = 'Put it back from a backup. To begin a new trail move audit/ and audit-key.pub.pem away together.'
    throw new ConfigurationError(file, `is missing, and there are heads that it signed. ${mend}`)
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeWhole(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600)
  await writePublic(data, privateKey)
  return privateKey
}

/** Throws ConfigurationError. */
export async function readAuditPublicKey(file: string): Promise<KeyObject> {
  const text = await readIfThere(file)
  if (text === undefined)
    throw new ConfigurationError(file, 'is missing: it holds the public key that signed the heads.')
  return parse(file, () => createPublicKey(text))
}

function parse(file: string, read: () => KeyObject): KeyObject {
  try {
    const key = read()
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Its words may hold part of the key.
  }
  throw new ConfigurationError(file, 'is not an Ed25519 key in PEM. Put the right one back from a backup.')
}

const writePublic = (data: string, key: KeyObject) =>
  writeWhole(auditPublicKeyFile(data), createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(), 0o600)

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const aside = `${file}.new`
  {
    await using handle = await open(aside, 'w', mode)
    await handle.writeFile(text)
    await handle.sync()
  }
  await rename(aside, file)
  await syncFolder(dirname(file))
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    const why = error instanceof Error ? error.message : 'unknown'
    throw new ConfigurationError(file, `cannot be read: ${why}`, error)
  }
}
