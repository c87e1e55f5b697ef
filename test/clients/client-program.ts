import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { TestServer } from '../fixtures/postern.ts'
import { watchProcess } from '../fixtures/process.ts'
import type { OtherClient } from './other-clients.ts'

const ANSWER_MS = 60_000

export interface Call {
  readonly action: string
  readonly version: string
  readonly params: Readonly<Record<string, string>>
  /** In place of the right one. */
  readonly secret?: string
}

const refusal = z.object({
  code: z.string(),
  message: z.string(),
  /** Not every client tells them. */
  status: z.number().nullish(),
  requestId: z.string().nullish(),
})
const end = z.union([
  z.strictObject({ body: z.record(z.string(), z.unknown()) }),
  refusal.strict(),
  z.strictObject({ broken: z.string() }),
])

/** A program of another language that calls with the official clients of that language. */
export interface ClientProgram extends AsyncDisposable {
  /** The answer that the client gave. */
  ask(client: OtherClient, call: Call): Promise<Record<string, unknown>>
  /** The exception that the client threw. */
  refusal(client: OtherClient, call: Call): Promise<z.infer<typeof refusal>>
}

/** One process for all calls, one after another: a JSON object a line there and back. */
export function startClientProgram(
  [program, ...args]: readonly [string, ...string[]],
  server: TestServer,
): ClientProgram {
  // A proxy of this machine is for nobody on loopback.
  const env = { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' }
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const running = watchProcess(child)
  const { host } = new URL(server.url)

  const tell = async (client: OtherClient, { secret, ...call }: Call) => {
    const { AccessKeyId, AccessKeySecret } = server.accessKey
    const key = { accessKeyId: AccessKeyId, accessKeySecret: secret ?? AccessKeySecret }
    const { package: name, signature, method, place } = client
    child.stdin.write(
      `${JSON.stringify({ client: name, signature, method, place, endpoint: host, ...key, ...call })}\n`,
    )
    // Ended, it says no more, and so does the wait for its line.
    const timer = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS)
    const line = await lines.next().finally(() => clearTimeout(timer))
    assert.ok(line.done !== true, `${program} ended: ${running.output()}`)
    return end.parse(JSON.parse(line.value))
  }
  return {
    async ask(client, call) {
      const told = await tell(client, call)
      assert.ok('body' in told, `${call.action}: ${JSON.stringify(told)}`)
      return told.body
    },
    async refusal(client, call) {
      const told = await tell(client, call)
      assert.ok('code' in told, `${call.action}: ${JSON.stringify(told)}`)
      return told
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await running.kill()
    },
  }
}
