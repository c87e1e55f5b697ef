import type { Document } from 'bson'
import { z } from 'zod'
import { PosternError } from '../model/errors.ts'
import type { Listing, ListingWarning, ServerInfo, StepName, Visibility } from '../model/listing.ts'
import type { DatabaseSize, EngineSession, MissingSizes } from './engine.ts'
import type { MongodbConnection } from './mongodb-connection.ts'
import { ATLAS_ERROR, type MongodbRefusal, mongodbServerError, refusalOf, UNAUTHORIZED } from './mongodb-errors.ts'
import { mongodbGrantLine } from './mongodb-grants.ts'
import { type MongodbHello, roleOf, wantsReadPreference } from './mongodb-hello.ts'
import { readDocument, readDocumentWithout } from './mongodb-message.ts'
import { databasesOf, sizesOf } from './mongodb-names.ts'

/** The largest message that a server sends (maxMessageSizeBytes); the list comes in one. */
const MOST_BYTES = 48_000_000

/** https://www.mongodb.com/docs/manual/reference/command/buildInfo/; `psmdbVersion` is Percona's. */
const buildInfo = z.object({ version: z.string(), psmdbVersion: z.string().optional() })
/** https://www.mongodb.com/docs/manual/reference/command/connectionStatus/. */
const connectionStatus = z.object({
  authInfo: z.object({
    authenticatedUserPrivileges: z.array(
      z.object({
        resource: z.object({ cluster: z.boolean().optional(), anyResource: z.boolean().optional() }),
        actions: z.array(z.string()),
      }),
    ),
  }),
})

export interface MongodbLogin {
  readonly hello: MongodbHello
  readonly authSource: string
  readonly password: string
}

type Answer = { readonly reply: Buffer; readonly refusal?: never } | { readonly refusal: MongodbRefusal }

/** A logged-in connection; one command at a time. */
export class MongodbSession implements EngineSession {
  readonly #connection: MongodbConnection
  readonly #login: MongodbLogin
  /** What the list was asked for with. */
  #option: Document = {}

  constructor(connection: MongodbConnection, login: MongodbLogin) {
    this.#connection = connection
    this.#login = login
  }

  async serverInfo(): Promise<ServerInfo> {
    const answer = await this.#ask('privilege', { buildInfo: 1 })
    const { data } = buildInfo.safeParse('reply' in answer ? readDocument(answer.reply) : undefined)
    return {
      product: data?.psmdbVersion === undefined ? 'MongoDB' : 'Percona Server for MongoDB',
      version: (data?.version ?? 'unknown').slice(0, 256),
      role: roleOf(this.#login.hello),
    }
  }

  async listDatabases(): Promise<Listing> {
    const everything = await this.#list({ authorizedDatabases: false })
    if ('reply' in everything) return this.#listing(everything.reply, 'complete', [])
    if (everything.refusal.code === UNAUTHORIZED) return this.#listAuthorized(everything.refusal)
    if (!isOptionRefused(everything.refusal)) throw this.#failure(everything.refusal)
    return this.#listWithoutOption()
  }

  /** `maxTimeMS`: the server ends it by itself. https://www.mongodb.com/docs/manual/reference/command/listDatabases/ */
  async measure(budgetMs: number, take: (size: DatabaseSize) => void): Promise<MissingSizes> {
    const maxTimeMS = Math.ceil(budgetMs)
    const answer = await this.#ask('list', { listDatabases: 1, nameOnly: false, ...this.#option, maxTimeMS }, budgetMs)
    if (!('reply' in answer)) throw this.#failure(answer.refusal)
    await sizesOf(answer.reply, take)
    return { reason: 'The server left them out.' }
  }

  // There is no goodbye in the protocol that a server needs.
  [Symbol.asyncDispose]() {
    this.#connection.wire.close()
    return Promise.resolve()
  }

  /** Only what the user has some privilege on. */
  async #listAuthorized(refusal: MongodbRefusal): Promise<Listing> {
    const authorized = await this.#list({ authorizedDatabases: true })
    if (!('reply' in authorized))
      throw this.#failure(authorized.refusal.code === UNAUTHORIZED ? refusal : authorized.refusal)
    return this.#listing(authorized.reply, 'partial', [
      {
        code: 'MongoDB.ListDatabasesMissing',
        message:
          'Only databases on which the user has some privilege are listed: the list may be incomplete. The action listDatabases on the cluster makes it complete and lets the user read nothing.',
        grant: this.#grant,
      },
    ])
  }

  /** Small tiers of Atlas refuse the option; then the server decides by itself what it shows, and the privileges tell what that is. */
  async #listWithoutOption(): Promise<Listing> {
    const complete = await this.#maySeeEverything()
    const shown = await this.#list({})
    if (!('reply' in shown)) throw this.#failure(shown.refusal)
    if (complete) return this.#listing(shown.reply, 'complete', [])
    return this.#listing(shown.reply, 'unknown', [
      {
        code: 'MongoDB.CompletenessNotKnown',
        message:
          'The server does not let the gateway ask for all databases, and the user has no privilege that shows them all: it is not known whether some are missing. On Atlas give the user a custom role with the action listDatabases, or clusterMonitor.',
        grant: this.#grant,
      },
    ])
  }

  async #maySeeEverything(): Promise<boolean> {
    const answer = await this.#ask('privilege', { connectionStatus: 1, showPrivileges: true })
    const { data } = connectionStatus.safeParse('reply' in answer ? readDocument(answer.reply) : undefined)
    return (data?.authInfo.authenticatedUserPrivileges ?? []).some(
      ({ resource, actions }) =>
        (resource.cluster === true || resource.anyResource === true) &&
        (actions.includes('listDatabases') || actions.includes('anyAction')),
    )
  }

  /** `nameOnly`: without it the server locks and measures each. https://www.mongodb.com/docs/manual/reference/command/listDatabases/ */
  #list(option: Document): Promise<Answer> {
    this.#option = option
    return this.#ask('list', { listDatabases: 1, nameOnly: true, ...option })
  }

  async #listing(reply: Buffer, visibility: Visibility, warnings: readonly ListingWarning[]): Promise<Listing> {
    try {
      return { databases: await databasesOf(reply), visibility, warnings }
    } catch (error) {
      throw error instanceof PosternError ? this.#connection.wire.fail(error) : error
    }
  }

  async #ask(step: StepName, command: Document, most?: number): Promise<Answer> {
    const { wire } = this.#connection
    wire.enter(step, most)
    try {
      const preference = wantsReadPreference(this.#login.hello)
        ? { $readPreference: { mode: 'secondaryPreferred' } }
        : {}
      const reply = await this.#connection.ask({ ...command, $db: 'admin', ...preference }, MOST_BYTES)
      const refusal = refusalOf(readDocumentWithout('databases', reply))
      return refusal === undefined ? { reply } : { refusal }
    } finally {
      wire.leave()
    }
  }

  get #grant(): string {
    return mongodbGrantLine(this.#connection.wire.endpoint.user, this.#login.authSource).slice(0, 4096)
  }

  #failure(refusal: MongodbRefusal): PosternError {
    const { user } = this.#connection.wire.endpoint
    const error = mongodbServerError(refusal, { user, password: this.#login.password, step: 'list' })
    if (error.entry !== 'Database.PrivilegeMissing') return error
    return new PosternError('Database.PrivilegeMissing', {
      reason: `To mend it run: ${this.#grant}. ${error.message}`,
    })
  }
}

/** Not by number alone: each product has its own for an argument that it does not know. */
const isOptionRefused = ({ code, words }: MongodbRefusal) =>
  code === ATLAS_ERROR || words.includes('authorizedDatabases')
