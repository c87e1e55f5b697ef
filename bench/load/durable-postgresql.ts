import { type PostgresqlServer, startPostgresql } from '../../test/fixtures/postgresql.ts'

export interface DurablePostgresql extends Pick<PostgresqlServer, 'pid' | 'query'>, AsyncDisposable {
  readonly url: string
}

/** A PostgreSQL that keeps what it has acknowledged, as it is by default; that of the tests does not. */
export async function startDurablePostgresql(): Promise<DurablePostgresql> {
  const server = await startPostgresql({
    settings: [
      'fsync=on',
      'full_page_writes=on',
      'synchronous_commit=on',
      'shared_buffers=128MB',
      // Nothing but room: two nodes or two pools.
      'max_connections=300',
    ],
  })
  return {
    url: `postgres://${server.rootUser}:${server.rootPassword}@${server.host}:${server.port}/postgres`,
    pid: server.pid,
    query: (sql, database) => server.query(sql, database),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
