import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { enrollGateway, startServer, type TestServer, UNTHROTTLED } from '../../test/fixtures/postern.ts'
import { type Child, startChild } from '../child.ts'
import { DATABASES, EXPECTED } from './answers.ts'

export interface PosternWorld extends AsyncDisposable {
  /** The one that callers ask; `gatewayServer` is the same or another one on the same store. */
  readonly server: TestServer
  readonly gatewayServer: TestServer
  readonly gateway: Child
  /** A generator that makes tasks and reads their lists. */
  taskCallers(connections: number): Promise<Child>
  /** One that reads a finished task, from here or from somebody on `port` who answers the same. */
  readers(connections: number, port?: number): Promise<Child>
  /** The answer that those readers get. */
  answer(): Promise<string>
}

export interface PosternWorldOptions {
  readonly folder: string
  readonly profile?: string
  /** Two nodes that share a store and a bus, the callers on the one, the gateway on the other. */
  readonly shared?: { readonly storeUrl: string; readonly busUrl: string }
}

/** As a user runs it, but for the limits of how often one may call. */
export async function startPosternWorld({ folder, profile, shared }: PosternWorldOptions): Promise<PosternWorld> {
  await using stack = new AsyncDisposableStack()
  const nodeArgs = (name: string) => (profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}/${name}`])
  const start = async (name: string) => {
    const place = join(folder, name)
    await mkdir(place, { recursive: true })
    return startServer(place, {
      config: UNTHROTTLED,
      args: shared === undefined ? [] : ['--store-file', join(folder, 'store-url'), '--bus', shared.busUrl],
      command: { env: { NODE_ENV: 'production' }, nodeArgs: nodeArgs(name) },
    })
  }
  if (shared !== undefined) await writeFile(join(folder, 'store-url'), shared.storeUrl, { mode: 0o600 })
  const server = stack.use(await start('server'))
  let gatewayServer = server
  if (shared !== undefined) {
    const second = join(folder, 'second-server', 'server')
    await mkdir(second, { recursive: true, mode: 0o700 })
    for (const name of ['secret.key', 'root-access-key.json'])
      await copyFile(join(server.data, name), join(second, name))
    gatewayServer = stack.use(await start('second-server'))
  }
  const { id, data } = await enrollGateway(gatewayServer, folder)
  const config = join(folder, 'gateway.yaml')
  await writeFile(
    config,
    // Never dialled: the engine answers without it.
    `limits: { total: 256, perEndpoint: 256 }\nendpoints:\n  - { engine: Redis, host: 127.0.0.1, port: 1, user: lister, password: of-the-bench, tls: { mode: off } }\n`,
  )
  await chmod(config, 0o600)
  const gateway = stack.use(
    await startChild('load/quick-gateway-child.ts', {
      setup: { data, config },
      nodeArgs: nodeArgs('gateway'),
      logFile: join(folder, 'gateway.log'),
    }),
  )

  const { AccessKeyId: accessKeyId, AccessKeySecret: secret } = server.accessKey
  const ownPort = Number(new URL(server.url).port)
  const generator = (connections: number, port: number, work: unknown) =>
    startChild('load/api-load-child.ts', {
      setup: { port, connections, key: { accessKeyId, secret }, work, expected: EXPECTED },
      nodeArgs: nodeArgs('generator'),
    })
  const parameters = { BackupGatewayId: id, DatabaseType: 'Redis' }
  let finished: Promise<string> | undefined
  const finishedTask = () => (finished ??= finishOne(server, parameters))
  const owned = stack.move()
  return {
    server,
    gatewayServer,
    gateway,
    taskCallers: (connections) => generator(connections, ownPort, { kind: 'tasks', parameters }),
    readers: async (connections, port = ownPort) =>
      generator(connections, port, { kind: 'reads', task: await finishedTask() }),
    answer: async () => JSON.stringify((await read(server, await finishedTask())).body),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const read = (server: TestServer, task: string) =>
  server.call('GetDBListFromAgent', { TaskId: task, WaitSeconds: '25' })

async function finishOne(server: TestServer, parameters: Record<string, string>): Promise<string> {
  const created = await server.call('CreateGetDBListFromAgentTask', parameters)
  const { TaskId } = z.object({ TaskId: z.number() }).parse(created.body)
  const { body } = await read(server, String(TaskId))
  const { DbList } = z.object({ DbList: z.object({ dbName: z.array(z.string()) }) }).parse(body)
  if (DbList.dbName.join() !== DATABASES.join()) throw new Error(`not the list of the bench: ${JSON.stringify(body)}`)
  return String(TaskId)
}
