import type { DatabaseType } from '../../src/model/database-type.ts'

/** How the messages of a server's protocol are told apart in clear, and what a hostile one says in it. */
export interface WireProtocol {
  /** Of the first message; undefined where too few bytes are there. */
  readonly lengthOf: (bytes: Buffer) => number | undefined
  /** The beginning of a message that claims 2 GiB, or the most that the protocol can say. */
  readonly huge: Buffer
  /** The same message once more, as the one that comes after `times` others. */
  again(message: Buffer, times: number): Buffer
  /** What asks for a password in clear, for a file, or for something else that a client must not give. */
  readonly demands: Readonly<Record<string, Buffer>>
}

const since = (bytes: Buffer, least: number, length: () => number) => (bytes.length < least ? undefined : length())
const same = (message: Buffer) => message

const mysqlPacket = (payload: Buffer, sequence = 1) => {
  const header = Buffer.alloc(4)
  header.writeUIntLE(payload.length, 0, 3)
  header[3] = sequence
  return Buffer.concat([header, payload])
}

const MYSQL: WireProtocol = {
  lengthOf: (bytes) => since(bytes, 4, () => 4 + bytes.readUIntLE(0, 3)),
  huge: Buffer.from([0xff, 0xff, 0xff, 1, 0xfe, 0, 0, 0, 0x80, 0, 0, 0, 0]),
  again(message, times) {
    const copy = Buffer.from(message)
    copy[3] = ((copy[3] ?? 0) + times) % 256
    return copy
  },
  demands: {
    'a file': mysqlPacket(Buffer.from('\xfb/etc/hostname', 'latin1')),
    'a file, as the second answer': mysqlPacket(Buffer.from('\xfb/etc/hostname', 'latin1'), 2),
    'the password in clear': mysqlPacket(Buffer.from('\xfemysql_clear_password\0', 'latin1'), 2),
    'the password for PAM': mysqlPacket(Buffer.from('\xfedialog\0\x04Password: ', 'latin1'), 2),
    'the whole password of caching_sha2': mysqlPacket(Buffer.from([1, 4]), 2),
  },
}

const POSTGRESQL: WireProtocol = {
  lengthOf: (bytes) => since(bytes, 5, () => 1 + bytes.readInt32BE(1)),
  huge: Buffer.from('D\x7f\xff\xff\xff\0\x01\x7f\xff\xff\xf0', 'latin1'),
  again: same,
  demands: {
    'the password in clear': Buffer.from('R\0\0\0\x08\0\0\0\x03', 'latin1'),
    'the password by MD5': Buffer.from('R\0\0\0\x0c\0\0\0\x05salt', 'latin1'),
    'a copy of data': Buffer.from('G\0\0\0\x07\0\0\0', 'latin1'),
    'a Kerberos ticket': Buffer.from('R\0\0\0\x08\0\0\0\x07', 'latin1'),
  },
}

/** One for every protocol of the list: this stops compiling when one is added and forgotten here. */
export const WIRE = {
  MySQL: MYSQL,
  MariaDB: MYSQL,
  DRDS: MYSQL,
  PostgreSQL: POSTGRESQL,
  MongoDB: {
    lengthOf: (bytes) => since(bytes, 4, () => bytes.readInt32LE(0)),
    huge: Buffer.from('ffffff7f0100000001000000dd07000000000000', 'hex'),
    again: same,
    demands: {},
  },
  Oracle: {
    // Two bytes, and four once the two sides have agreed on it: then the first two are zero.
    lengthOf: (bytes) => since(bytes, 8, () => bytes.readUInt16BE(0) || bytes.readUInt32BE(0)),
    huge: Buffer.from('7fffffff06000000', 'hex'),
    again: same,
    demands: { 'to go elsewhere': Buffer.from('000a00000500000000000000', 'hex') },
  },
  MSSQL: {
    lengthOf: (bytes) => since(bytes, 8, () => bytes.readUInt16BE(2)),
    // A packet cannot be that long, but a value in it can say so.
    huge: Buffer.concat([
      Buffer.from('0400ffff00000100', 'hex'),
      Buffer.from('810100000000000900e7ffff0904d00034016100', 'hex'),
      Buffer.from('d1ffffff7f00000000ffffff7f', 'hex'),
    ]),
    again: same,
    demands: { 'a ticket of Windows': Buffer.from('0401000c00000100ed010041', 'hex') },
  },
  Redis: {
    lengthOf(bytes) {
      const end = bytes.indexOf('\r\n')
      if (end < 0) return undefined
      return bytes[0] === 0x24 ? end + 4 + Number(bytes.toString('latin1', 1, end)) : end + 2
    },
    huge: Buffer.from('$2147483647\r\n'),
    again: same,
    demands: {},
  },
} satisfies Record<DatabaseType, WireProtocol>
