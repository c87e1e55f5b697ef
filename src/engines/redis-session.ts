import { PosternError } from '../model/errors.ts'
import type { Listing, ListingWarning, ServerInfo, StepName, Visibility } from '../model/listing.ts'
import type { EngineSession } from './engine.ts'
import { aclStatement } from './redis-acl.ts'
import type { RedisConnection } from './redis-connection.ts'
import { isDenied, redisServerError } from './redis-errors.ts'
import { databaseNumbers, parseRedisInfo } from './redis-info.ts'
import type { RedisReply } from './redis-reply.ts'

/** Valkey 9 has numbered databases in a cluster; nothing before it has. */
const NUMBERED_CLUSTERS_SINCE = 9
const ALL_SLOTS = '16384'

export interface RedisLogin {
  readonly password: string
  /** What was refused after the login and is not needed for a list. */
  readonly warnings: readonly ListingWarning[]
}

/** A logged-in connection; one command at a time. */
export class RedisSession implements EngineSession {
  readonly #connection: RedisConnection
  readonly #login: RedisLogin

  constructor(connection: RedisConnection, login: RedisLogin) {
    this.#connection = connection
    this.#login = login
  }

  async serverInfo(): Promise<ServerInfo> {
    const server = await this.#fields('INFO', 'server')
    const replication = await this.#fields('INFO', 'replication')
    const role = replication?.get('role')
    // Valkey keeps `redis_version` for old clients: the version that it is compatible with.
    const valkey = server?.get('valkey_version')
    return {
      product: valkey === undefined ? 'Redis' : 'Valkey',
      version: (valkey ?? server?.get('redis_version') ?? 'unknown').slice(0, 256),
      role: role === 'master' ? 'primary' : role === 'slave' ? 'replica' : 'unknown',
    }
  }

  async listDatabases(): Promise<Listing> {
    const cluster = (await this.#fields('INFO', 'cluster'))?.get('cluster_enabled') === '1'
    const { visibility, warnings } = cluster ? await this.#clusterVisibility() : COMPLETE
    const reply = await this.#ask('list', 'INFO', 'keyspace')
    if (reply.refused) throw this.#refusal(reply)
    const numbers = databaseNumbers(parseRedisInfo(reply.text))
    if (numbers === undefined)
      throw this.#connection.wire.fail(
        new PosternError('Endpoint.WrongProtocol', {
          reason: 'It has no keyspace: that looks like a Sentinel, or a proxy that does not hold keys itself.',
        }),
      )
    // Other nodes may hold keys where this one has none; before Valkey 9 a cluster has this database only.
    const listed = cluster && numbers.length === 0 ? [0] : numbers
    return {
      databases: listed.map((number) => ({ name: `db${number}`, kind: 'keyspace', system: false })),
      visibility,
      warnings: [...this.#login.warnings, ...warnings],
    }
  }

  // There is no goodbye in the protocol that a server needs.
  [Symbol.asyncDispose]() {
    this.#connection.wire.close()
    return Promise.resolve()
  }

  /**
   * Before Valkey 9 a cluster has db0 only, whichever node is asked. From then on one node knows its own keys only:
   * all of them where it is the one master of all slots.
   */
  async #clusterVisibility(): Promise<{ visibility: Visibility; warnings: readonly ListingWarning[] }> {
    const valkey = (await this.#fields('INFO', 'server'))?.get('valkey_version')
    if (valkey === undefined || Number.parseInt(valkey, 10) < NUMBERED_CLUSTERS_SINCE) return COMPLETE
    const fields = await this.#fields('CLUSTER', 'INFO')
    if (fields === undefined)
      return {
        visibility: 'unknown',
        warnings: [
          {
            code: 'Redis.ClusterNotReadable',
            message: 'The user may not run CLUSTER INFO, so it is not known whether other masters hold keys too.',
            grant: aclStatement(this.#user, ['+cluster|info']),
          },
        ],
      }
    const masters = fields.get('cluster_size')
    if (masters === '1' && fields.get('cluster_slots_assigned') === ALL_SLOTS) return COMPLETE
    const message = `The server is one node of a cluster of ${masters ?? 'several'} masters and knows the keys of its own slots only: other masters may hold keys of other databases.`
    return { visibility: 'partial', warnings: [{ code: 'Redis.OneNodeOfCluster', message: message.slice(0, 4096) }] }
  }

  get #user(): string {
    return this.#connection.wire.endpoint.user
  }

  /** Undefined where the server refuses the command; rejects when the connection fails. */
  async #fields(...words: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    const reply = await this.#ask('privilege', ...words)
    return reply.refused ? undefined : parseRedisInfo(reply.text)
  }

  async #ask(step: StepName, ...words: readonly string[]): Promise<RedisReply> {
    const { wire } = this.#connection
    wire.enter(step)
    try {
      return await this.#connection.ask(...words)
    } finally {
      wire.leave()
    }
  }

  #refusal(reply: RedisReply): PosternError {
    const error = redisServerError(reply, { user: this.#user, password: this.#login.password, step: 'list' })
    if (!isDenied(reply)) return error
    return new PosternError('Database.PrivilegeMissing', {
      reason: `To mend it run: ${aclStatement(this.#user, ['+info'])}. ${error.message}`,
    })
  }
}

const COMPLETE = { visibility: 'complete', warnings: [] } as const
