import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { freePort } from '../fixtures/free-port.ts'
import { enrollGateway, startServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { answerFault } from './answer-fault.ts'
import { type FuzzRequest, fuzzRequest } from './fuzz-request.ts'
import { askOnce, createRawClient, type WireAnswer } from './raw-client.ts'
import { fuzzedActions, type World } from './values.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly requests: number
  /** No new requests after it. */
  readonly seconds: number
  /** This request of the run alone. */
  readonly only?: number
}

export interface FuzzReport {
  readonly requests: number
  /** Of them, those with right signatures. */
  readonly signed: number
  /** How often each code was answered; `OK` for successes. */
  readonly codes: ReadonlyMap<string, number>
  readonly seconds: number
  /** MiB after the first tenth, and at the end. */
  readonly memory: { readonly warm: Memory; readonly end: Memory }
  /** Each with how to replay it. */
  readonly failures: readonly string[]
}

interface Memory {
  readonly rss: number
  readonly heap: number
}

const WORKERS = 16
const MAX_FAILURES = 5
const MAX_SHOWN = 4_000
const MIB = 1024 * 1024
/** More than the embedded store's caches and a heap that was not collected for a while. */
const MAX_GROWTH = { rss: 160, heap: 96 }
/** A leak that is worse ends the server, and is found so. */
const NODE_ARGS = ['--max-old-space-size=384']

/** Sends seeded requests to a real server and judges every answer. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  await using folder = await tempFolder('fuzz')
  const metricsPort = await freePort()
  await using server = await startServer(folder.path, {
    config: `metricsListen: 127.0.0.1:${metricsPort}\n${UNTHROTTLED}`,
    args: ['--log-level', 'info'],
    command: { nodeArgs: NODE_ARGS },
  })
  const { id: gateway } = await enrollGateway(server, folder.path)
  const tasks: string[] = []
  for (let i = 0; i < 3; i++) {
    const { body } = await server.call('CreateGetDBListFromAgentTask', {
      BackupGatewayId: gateway,
      DatabaseType: 'MySQL',
    })
    tasks.push(String(z.object({ TaskId: z.number() }).parse(body).TaskId))
  }
  const { AccessKeyId, AccessKeySecret } = server.accessKey
  const [first = '', ...others] = tasks
  const world: World = {
    port: Number(new URL(server.url).port),
    key: { accessKeyId: AccessKeyId, secret: AccessKeySecret },
    gateway,
    tasks: [first, ...others],
  }
  const memory = () => memoryOf(server.process().pid, metricsPort)

  const actions = fuzzedActions()
  const failures: string[] = []
  const codes = new Map<string, number>()
  const began = performance.now()
  const secondsNow = () => (performance.now() - began) / 1000
  let done = 0
  let signed = 0
  const indexes = options.only === undefined ? Array.from({ length: options.requests }, (_, i) => i) : [options.only]
  const work = async (queue: ArrayIterator<number>) => {
    using client = createRawClient(world.port)
    while (failures.length < MAX_FAILURES && secondsNow() < options.seconds) {
      const next = queue.next()
      if (next.done === true) return
      const index = next.value
      const request = fuzzRequest({ seed: options.seed, index }, world, actions)
      const fault = await faultOf(request, { client, port: world.port, codes })
      done++
      if (request.signed) signed++
      if (fault !== undefined) failures.push(shown(fault, request, { seed: options.seed, index }))
    }
  }
  const run = (part: readonly number[]) => {
    const queue = part.values()
    return Promise.all(Array.from({ length: WORKERS }, () => work(queue)))
  }
  const tenth = Math.ceil(indexes.length / 10)
  await run(indexes.slice(0, tenth))
  const warm = await memory().catch(() => undefined)
  await run(indexes.slice(tenth))
  const seconds = secondsNow()
  const end = await memory().catch(() => undefined)
  if (warm === undefined || end === undefined) {
    failures.push(`The server ended: ${server.process().output().slice(-MAX_SHOWN)}`)
    return { requests: done, signed, codes, seconds, memory: { warm: NO_MEMORY, end: NO_MEMORY }, failures }
  }
  for (const kind of ['rss', 'heap'] as const) {
    const growth = end[kind] - warm[kind]
    if (growth > MAX_GROWTH[kind])
      failures.push(`Memory grew: ${kind} by ${growth.toFixed(0)} MiB. Seed ${options.seed}.`)
  }
  if (failures.length > 0) failures.push(`The end of the server's log: ${server.process().output().slice(-MAX_SHOWN)}`)
  return { requests: done, signed, codes, seconds, memory: { warm, end }, failures }
}

const NO_MEMORY: Memory = { rss: 0, heap: 0 }

async function faultOf(
  request: FuzzRequest,
  { client, port, codes }: { client: ReturnType<typeof createRawClient>; port: number; codes: Map<string, number> },
): Promise<string | undefined> {
  try {
    const answers = request.whole ? [await client.ask(request.bytes)] : await askOnce(port, request.bytes)
    const link = request.bytes.includes('link')
    for (const answer of answers) {
      const code = codeOf(answer)
      codes.set(code, (codes.get(code) ?? 0) + 1)
      const fault = answerFault(answer, { link })
      if (fault !== undefined) return `${fault}: ${JSON.stringify(answer.body.slice(0, MAX_SHOWN))}`
      if (request.signed && code === 'SignatureDoesNotMatch') return 'a right signature was refused'
    }
    return undefined
  } catch (error) {
    return String(error)
  }
}

function codeOf({ status, body }: WireAnswer): string {
  const code = /"Code":"([\w.]+)"|<Code>([\w.]+)<\/Code>/.exec(body)
  return status === 200 ? 'OK' : (code?.[1] ?? code?.[2] ?? String(status))
}

function shown(fault: string, { bytes }: FuzzRequest, { seed, index }: { seed: number; index: number }): string {
  const text = JSON.stringify(bytes.toString('latin1', 0, MAX_SHOWN))
  return `${fault}\nReplay: npm run fuzz -- --seed ${seed} --only ${index}\n${bytes.length} bytes: ${text}`
}

async function memoryOf(pid: number, metricsPort: number): Promise<Memory> {
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const heap = Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(metrics)?.[1])
  const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  return { rss: rss / MIB, heap: heap / MIB }
}
