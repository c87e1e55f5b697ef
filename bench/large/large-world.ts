import { mkdir } from 'node:fs/promises'
import { z } from 'zod'
import { startMongodb } from '../../test/fixtures/mongodb.ts'
import { listBody } from '../../test/fixtures/mongodb-messages.ts'
import { startGateway, startServer, UNTHROTTLED } from '../../test/fixtures/postern.ts'
import { startChild } from '../child.ts'

export interface LargeWorld extends AsyncDisposable {
  readonly pids: { readonly server: number; readonly gateway: number; readonly reader: number }
  /** From the creation of the task to the whole list at the caller; how many names it had. */
  list(size: 'small' | 'large'): Promise<number>
}

/** A server and a gateway before a database that has so many databases, or one. */
export async function startLargeWorld({ folder, count }: { folder: string; count: number }): Promise<LargeWorld> {
  await mkdir(folder, { recursive: true })
  await using stack = new AsyncDisposableStack()
  const large = listBody(namesInDisorder(count).map((name) => Buffer.from(name)))
  const small = listBody([Buffer.from('crm')])
  let size: 'small' | 'large' = 'small'
  const database = stack.use(
    await startMongodb({
      override(command) {
        if (command['listDatabases'] === undefined) return undefined
        return size === 'small' ? small : large
      },
    }),
  )
  database.script("db.getSiblingDB('admin').createUser({ user: 'lister', pwd: 'secret', roles: [] })")
  const command = { env: { NODE_ENV: 'production' } }
  const server = stack.use(await startServer(folder, { config: UNTHROTTLED, command }))
  const endpoint = `{ engine: MongoDB, host: 127.0.0.1, port: ${database.port}, user: lister, password: secret, tls: { mode: off } }`
  const gateway = stack.use(await startGateway(server, folder, { config: `endpoints:\n  - ${endpoint}\n`, command }))
  const parameters = { BackupGatewayId: gateway.id, DatabaseType: 'MongoDB' }
  const setup = { endpoint: server.url, keyFile: server.keyFile, parameters }
  const reader = stack.use(await startChild('large/large-reader-child.ts', { setup }))
  const owned = stack.move()
  return {
    pids: { server: server.process().pid, gateway: gateway.process().pid, reader: reader.pid },
    async list(wanted) {
      size = wanted
      return z.number().parse(await reader.ask({}))
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** As a server may give them, of one to four bytes a character. */
const namesInDisorder = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const number = String((i * 7919) % count).padStart(6, '0')
    return [`tenant_${number}`, `\u{1f600}_${number}`, `\uff21"<&>'_${number}`, `kund\u00e9-${number}`][i % 4] ?? ''
  })
