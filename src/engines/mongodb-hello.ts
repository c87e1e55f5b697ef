import { arch, platform, release, type } from 'node:os'
import { z } from 'zod'
import { VERSION } from '../base/version.ts'
import { PosternError } from '../model/errors.ts'
import type { ServerInfo } from '../model/listing.ts'

/** Of a server 3.6, the first that speaks OP_MSG, and the newest that the vendor's driver of today knows. */
const OLDEST_WIRE_VERSION = 6
const NEWEST_WIRE_VERSION = 29
const MOST_MEMBERS = 1000

/** What we need of https://www.mongodb.com/docs/manual/reference/command/hello/; `ismaster` is its older name. */
const helloReply = z.object({
  isWritablePrimary: z.boolean().optional(),
  ismaster: z.boolean().optional(),
  secondary: z.boolean().optional(),
  arbiterOnly: z.boolean().optional(),
  isreplicaset: z.boolean().optional(),
  setName: z.string().optional(),
  msg: z.string().optional(),
  primary: z.string().optional(),
  minWireVersion: z.number().default(0),
  maxWireVersion: z.number().default(0),
  saslSupportedMechs: z.array(z.string()).max(MOST_MEMBERS).optional(),
})
export type MongodbHello = z.output<typeof helloReply>

/** Undefined where it is no answer of a MongoDB. */
export function parseHello(reply: unknown): MongodbHello | undefined {
  const { data } = helloReply.safeParse(reply)
  return data?.isWritablePrimary === undefined && data?.ismaster === undefined ? undefined : data
}

/** The DBA sees it in `db.currentOp()` and in the log of the server. Vendor's specification: mongodb-handshake. */
export const CLIENT_METADATA = {
  application: { name: `postern-gateway/${VERSION}` },
  driver: { name: 'postern-gateway', version: VERSION },
  os: { type: type(), name: platform(), architecture: arch(), version: release() },
  platform: `Node.js ${process.version}`,
}

/** Throws where the server is no one to ask for a list: too old or new, an arbiter, or not yet ready. */
export function checkUsable(hello: MongodbHello): void {
  const { minWireVersion, maxWireVersion, setName } = hello
  if (maxWireVersion < OLDEST_WIRE_VERSION || minWireVersion > NEWEST_WIRE_VERSION)
    throw new PosternError('Endpoint.WrongProtocol', {
      reason: `The server speaks the wire versions ${minWireVersion} to ${maxWireVersion}; the gateway knows ${OLDEST_WIRE_VERSION} (MongoDB 3.6) to ${NEWEST_WIRE_VERSION}.`,
    })
  if (hello.arbiterOnly === true)
    throw new PosternError('Database.NotListable', {
      reason: `The server is an arbiter of the replica set "${shown(setName)}" and holds no data.${whereToAsk(hello)}`,
    })
  const replica = setName !== undefined || hello.isreplicaset === true
  if (replica && !isPrimary(hello) && hello.secondary !== true)
    throw new PosternError('Database.Starting', {
      reason:
        setName === undefined
          ? 'The server belongs to a replica set that is not initiated yet.'
          : `The server is neither primary nor secondary of the replica set "${shown(setName)}" now.${whereToAsk(hello)}`,
    })
}

/** Reads may go to a secondary, and to mongos; a server alone has no use for it. */
export const wantsReadPreference = (hello: MongodbHello) => hello.setName !== undefined || hello.msg === 'isdbgrid'

/** A router of a sharded cluster writes for all shards. */
export function roleOf(hello: MongodbHello): ServerInfo['role'] {
  if (isPrimary(hello)) return 'primary'
  return hello.secondary === true ? 'replica' : 'unknown'
}

const isPrimary = (hello: MongodbHello) => (hello.isWritablePrimary ?? hello.ismaster) === true

/** What the server names is only told, never dialled. */
const whereToAsk = ({ primary }: MongodbHello) =>
  primary === undefined ? '' : ` It names ${shown(primary)} as the primary: list that one as an endpoint.`

const shown = (text = '') => text.slice(0, 255)
