import { PosternError } from '../../src/model/errors.ts'
import { type AccountId, rootOf, type TaskId, toAccessKeyId, toRequestId } from '../../src/model/ids.ts'
import { isTerminal } from '../../src/model/task.ts'
import type { Nonce } from '../../src/store/access-store.ts'
import { CallLost, callServer, pause } from './call-server.ts'
import type { ServerUnderTest } from './server-under-test.ts'
import type { Site, World } from './world.ts'

const MAX_TRIES = 12
const NONCE_MS = 1_800_000

/** People and programs that call the API. Each task has one that asks until it knows how it ended. */
export interface Callers {
  /** Somebody wants a list. */
  begin(): void
  /** Tasks whose caller does not know yet how they ended. */
  readonly waiting: number
}

export function createCallers(world: World): Callers {
  const { random, checks, trace } = world
  let calls = 0
  let nonces = 0
  let waiting = 0

  const nextNonce = () => `nonce-${++nonces}`

  /** Undefined where the caller cannot know whether there is a task, or there is none. */
  const create = async (site: Site, name: string): Promise<TaskId | undefined> => {
    const { deadlineMs } = world.mix
    const withToken = random.chance(0.7)
    const task = {
      account: site.account,
      gateway: site.identity.id,
      engine: 'MySQL' as const,
      host: site.identity.hosts[random.below(site.identity.hosts.length)] ?? '10.0.0.1',
      port: 3306,
      region: 'default',
      deliveryMs: 1_000 + random.below(deadlineMs),
      executionMs: 1_000 + random.below(deadlineMs),
      createdBy: rootOf(site.account),
      request: toRequestId(name),
      ...(withToken && { clientToken: { action: 'Create', value: name } }),
    }
    const send = (nonce: string) =>
      callServer(world, async (server) => {
        const id = await server.tasks.create(task, nonceOf(server, site.account, nonce))
        // From here on the answer is on its way, and it is true whatever happens.
        checks.acknowledged(id)
        trace.note('caller', `${name} is acknowledged`)
        return id
      })
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const nonce = nextNonce()
      const twice = random.chance(0.2)
      // The same request twice, or its twin that was signed anew, which only a token makes harmless.
      const twin = twice ? send(withToken && random.chance(0.5) ? nextNonce() : nonce) : undefined
      const [first, second] = await Promise.allSettled([send(nonce), ...(twin === undefined ? [] : [twin])])
      const ids = [first, second].flatMap((end) => (end?.status === 'fulfilled' ? [end.value] : []))
      if (ids.length === 2 && ids[0] !== ids[1]) checks.fail(`${name} was answered with two tasks`)
      if (ids[0] !== undefined) return ids[0]
      if (!withToken || !isPassing(first)) return undefined
      await pause(world, 100 + random.below(3_000))
    }
    return undefined
  }

  const read = async (account: AccountId, id: TaskId) => {
    const waitMs = random.chance(0.5) ? 0 : random.below(25_000)
    return callServer(world, async (server) => {
      const task = await server.tasks.read(account, id, { waitMs, signal: new AbortController().signal })
      const succeeded = task?.state === 'Succeeded'
      if (!succeeded) checks.read(id, { task })
      else {
        const columns = await server.tasks.databaseColumns(task)
        if (columns === undefined) checks.read(id, { task: undefined })
        else checks.read(id, { task, names: [...columns.slices()].flat().map(({ name }) => name) })
      }
      return task
    })
  }

  const spy = (id: TaskId, owner: AccountId) => {
    const account = world.accounts.find((other) => other !== owner)
    if (account === undefined) return Promise.resolve()
    const by = rootOf(account)
    return callServer(world, async ({ tasks }) => {
      const signal = new AbortController().signal
      const answers = [
        await tasks.read(account, id, { waitMs: 0, signal }),
        await tasks.details(account, id),
        (await tasks.sortedDatabases(account, id))?.[0],
      ]
      if (answers.some((answer) => answer !== undefined))
        checks.fail(`a task was given to the foreign account ${account}`)
      const cancelled = await tasks.cancel({ account, id, by }, undefined)
      if (cancelled !== undefined) checks.fail(`a task was cancelled by the foreign account ${account}`)
    })
  }

  const cancel = (account: AccountId, id: TaskId) => {
    const nonce = nextNonce()
    checks.cancelAsked(id)
    return callServer(world, async (server) => {
      const by = rootOf(account)
      const task = await server.tasks.cancel({ account, id, by }, nonceOf(server, account, nonce))
      if (task !== undefined && !isTerminal(task.state)) checks.fail('a task goes on after its cancel was answered')
      checks.read(id, { task })
    })
  }

  const follow = async (site: Site, id: TaskId) => {
    const { account } = site
    if (random.chance(0.12)) void pause(world, random.below(8_000)).then(() => quietly(cancel(account, id)))
    for (;;) {
      if (random.chance(0.1)) void quietly(spy(id, account))
      const task = await quietly(read(account, id))
      if (task !== undefined && isTerminal(task.state)) break
      // It may be gone already where what has ended is kept for a short time only.
      if (checks.task(id) === undefined) return
      await pause(world, 50 + random.below(2_000))
    }
    if (random.chance(0.2)) {
      await pause(world, random.below(60_000))
      await quietly(read(account, id))
    }
  }

  const one = async () => {
    const sites = world.sites.filter(({ deleted }) => !deleted || random.chance(0.1))
    const site = sites[random.below(sites.length)]
    if (site === undefined) return
    waiting++
    try {
      const id = await create(site, `call-${++calls}`)
      if (id !== undefined) await follow(site, id)
    } finally {
      waiting--
    }
  }

  return {
    begin: () => void one(),
    get waiting() {
      return waiting
    },
  }
}

const nonceOf = (server: ServerUnderTest, account: AccountId, value: string): Nonce => ({
  key: toAccessKeyId(`key-${account}`),
  value,
  expiresAt: server.process.clock.now() + NONCE_MS,
})

/** What is answered now and then and is none of this caller's business. */
const quietly = <T>(work: Promise<T>): Promise<T | undefined> => work.catch(() => undefined)

const isPassing = (end: PromiseSettledResult<TaskId>) =>
  end.status === 'rejected' &&
  (end.reason instanceof CallLost ||
    (end.reason instanceof PosternError && end.reason.entry !== 'BackupGateway.NotFound'))
