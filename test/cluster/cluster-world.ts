import { createApiClient } from '../../src/cli/api-client.ts'
import { configurationOf, type CallersWorld, quickEndpoint, type WorldAccount } from '../faults/fault-world.ts'
import { startQuickEngine } from '../faults/quick-engine.ts'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { startGateway } from '../fixtures/postern.ts'
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
import { newAccount } from './new-account.ts'

/** A cluster with callers of two accounts, real gateways and a quick engine, all by way of the balancer. */
export interface ClusterWorld extends CallersWorld, AsyncDisposable {
  readonly cluster: Cluster
}

export async function startClusterWorld(
  folder: string,
  options: ClusterOptions & { readonly gatewaysEach: readonly [number, number] },
): Promise<ClusterWorld> {
  await using stack = new AsyncDisposableStack()
  const quick = stack.use(await startQuickEngine())
  const endpoints = [await quickEndpoint(quick, stack)] as const
  const cluster = stack.use(await startCluster(folder, options))
  const { balancer, front } = cluster

  const secondKey = await newAccount(front, folder, 'second')
  const config = configurationOf(endpoints)
  const account = async (name: string, keyFile: string, count: number): Promise<WorldAccount> => {
    const gateways = Array.from({ length: count }, async (_, index) => {
      const link = stack.use(await startFaultProxy({ port: balancer.port }))
      const behind = { keyFile, url: `http://127.0.0.1:${link.port}` }
      const gateway = stack.use(await startGateway(behind, folder, { name: `${name}-${index}`, config }))
      return { id: gateway.id, gateway, link }
    })
    return {
      name,
      api: await createApiClient({ endpoint: front.url, keyFile }, {}),
      gateways: await settled(gateways),
    }
  }
  const [first, second] = await settled([
    account('first', front.keyFile, options.gatewaysEach[0]),
    account('second', secondKey, options.gatewaysEach[1]),
  ])
  if (first === undefined || second === undefined) throw new Error('two accounts were made')
  const owned = stack.move()
  return {
    cluster,
    accounts: [first, second],
    endpoints: [...endpoints],
    missing: [],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Waits for all of them also where one fails: what it would start after the end of this world would never be ended. */
async function settled<T>(starting: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(starting)
  return Promise.all(starting)
}
