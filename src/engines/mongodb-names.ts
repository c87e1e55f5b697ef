import { isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { type OnDemand, onDemand } from 'bson'
import type { DatabaseSize } from './engine.ts'
import type { DatabaseRecord, Databases } from '../model/listing.ts'
import { DatabaseList } from './database-list.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** Others get their turn after so many databases. */
const SLICE = 1_000

const DOUBLE = 1
const STRING = 2
const DOCUMENT = 3
const ARRAY = 4
const INT32 = 16
const INT64 = 18
/** Their own: https://www.mongodb.com/docs/manual/reference/system-collections/ and …/replica-set-oplog/. */
const SYSTEM = new Set(['admin', 'config', 'local'])

/** The databases of an answer to listDatabases, each as it is read: only what they are called is made of the bytes. */
export async function databasesOf(reply: Buffer): Promise<Databases> {
  try {
    const list = new DatabaseList()
    await eachDatabase(reply, (_entry, name) => list.add(recordOf(name)))
    return await list.sorted()
  } catch (error) {
    // bson's own, for what does not fit together.
    if (error instanceof Error && error.name.startsWith('BSON')) throw wrongProtocol(reply, 'in place of BSON')
    throw error
  }
}

/** The sizes in an answer to listDatabases without `nameOnly`; a double in most versions. */
export function sizesOf(reply: Buffer, take: (size: DatabaseSize) => void): Promise<void> {
  return eachDatabase(reply, (entry, name) => {
    const bytes =
      valueOf(entry, 'sizeOnDisk', DOUBLE)?.readDoubleLE() ??
      valueOf(entry, 'sizeOnDisk', INT32)?.readInt32LE() ??
      valueOf(entry, 'sizeOnDisk', INT64)?.readBigInt64LE()
    if (bytes !== undefined) take({ ...exactly(name), bytes: Number(bytes) })
  })
}

async function eachDatabase(reply: Buffer, take: (entry: Buffer, name: Buffer) => void): Promise<void> {
  const databases = valueOf(reply, 'databases', ARRAY)
  if (databases === undefined) throw wrongProtocol(reply, 'without a list of databases')
  let count = 0
  for (const entry of documentsOf(databases)) {
    if (++count % SLICE === 0) await setImmediate()
    const value = valueOf(entry, 'name', STRING)
    if (value === undefined) throw wrongProtocol(entry, 'in place of a database')
    // A string is its length, its bytes and a zero.
    take(entry, value.subarray(4, -1))
  }
}

function exactly(bytes: Buffer): Pick<DatabaseRecord, 'name' | 'nameBase64'> {
  const name = bytes.toString('utf8')
  return isUtf8(bytes) ? { name } : { name, nameBase64: bytes.toString('base64') }
}

function recordOf(bytes: Buffer): DatabaseRecord {
  const exact = exactly(bytes)
  return { ...exact, kind: 'database', system: SYSTEM.has(exact.name) }
}

function valueOf(document: Buffer, key: string, type: number): Buffer | undefined {
  for (const element of elementsOf(document)) {
    const [kind, nameAt, nameLength, at, length] = element
    if (kind === type && document.toString('latin1', nameAt, nameAt + nameLength) === key)
      return document.subarray(at, at + length)
  }
  return undefined
}

const elementsOf = (document: Buffer): Iterable<OnDemand['BSONElement']> => onDemand.parseToElements(document)

/** One after the other: an array of a million would take far more room as a list of its places. */
function* documentsOf(array: Buffer): Generator<Buffer> {
  let at = 4
  while (at < array.length - 1) {
    const keyEnd = array.indexOf(0, at + 1)
    const start = keyEnd + 1
    if (array[at] !== DOCUMENT || keyEnd < 0 || start + 4 > array.length)
      throw wrongProtocol(array.subarray(at), 'in place of a database')
    const end = start + array.readInt32LE(start)
    if (end <= start || end > array.length - 1) throw wrongProtocol(array.subarray(at), 'in place of a database')
    yield array.subarray(start, end)
    at = end
  }
}
