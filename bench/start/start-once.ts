import { spawn, spawnSync } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createApiClient } from '../../src/cli/api-client.ts'
import { freePort } from '../../test/fixtures/free-port.ts'
import { type Running, watchProcess } from '../../test/fixtures/process.ts'
import { processorMs } from '../processor-time.ts'

/** A way in which users have the program. */
export interface StartCommand {
  readonly name: string
  readonly file: string
  /** Before the words of the command. */
  readonly args: readonly string[]
  /** Where it keeps its compiled code, if not where it does by itself. */
  readonly env?: Readonly<Record<string, string>>
}

/** Milliseconds from the start of the process. */
export interface Started {
  readonly firstServerMs: number
  readonly serverMs: number
  readonly gatewayMs: number
  /** Node with an empty program: what none of ours can be faster than. */
  readonly bareMs: number
  /** Of the second start of the server and of the gateway until then. */
  readonly processorMs: { readonly server: number; readonly gateway: number }
}

const ROOT_URL = new URL('../../', import.meta.url)
const ROOT = ROOT_URL.pathname
const READY_MS = 60_000
const CONFIG = `endpoints:\n  - { engine: MySQL, host: 127.0.0.1, port: 3306, user: lister, password: of-the-bench, tls: { mode: off } }\n`

/** What `npm install` puts on the disk, with the dependencies of this clone beside it. */
export async function packageCommand(folder: string): Promise<StartCommand> {
  await mkdir(join(folder, 'bin'), { recursive: true })
  await build(join(folder, 'dist'))
  for (const file of ['package.json', 'bin/postern.js']) await copyFile(join(ROOT, file), join(folder, file))
  await cp(join(ROOT, 'migrations'), join(folder, 'migrations'), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const home = join(folder, 'home')
  await mkdir(join(home, '.cache'), { recursive: true, mode: 0o700 })
  return {
    name: 'package',
    file: process.execPath,
    args: [join(folder, 'bin', 'postern.js')],
    env: { HOME: home },
  }
}

/** What `npm run build` makes of src/. */
async function build(to: string): Promise<void> {
  const program = `import { compile } from ${JSON.stringify(new URL('scripts/setup/compile.mjs', ROOT_URL).href)}
    await compile(process.argv[1], { node: process.execPath, say: console.error })`
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const running = watchProcess(
    spawn(process.execPath, ['--input-type=module', '--eval', program, resolve(ROOT)], { stdio }),
  )
  if ((await running.ended) !== 0) throw new Error(`src/ could not be compiled: ${running.output()}`)
  await cp(join(ROOT, 'dist'), to, { recursive: true })
}

/** A server on a fresh folder, the same again, and a gateway of it. */
export async function startOnce(command: StartCommand, folder: string): Promise<Started> {
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const data = join(folder, 'server')
  const args = ['server', '--data', data, '--listen', `127.0.0.1:${port}`, '--drain-grace', '0']
  const server = () => timeStart(command, args, { text: '"msg":"listening"', isThere: () => isReady(url) })
  const first = await server()
  await first.running.kill()
  const second = await server()
  await using stack = new AsyncDisposableStack()
  stack.use(second.running)
  const connection = ['--endpoint', url, '--key-file', join(data, 'root-access-key.json')]
  const token = await finish(command, ['gateway', 'token', ...connection])
  const gatewayData = join(folder, 'gateway')
  const enroll = ['gateway', 'enroll', '--server', url, '--data', gatewayData]
  await finish(command, enroll, { POSTERN_ENROLLMENT_TOKEN: token.trim() })
  const config = join(folder, 'gateway.yaml')
  await writeFile(config, CONFIG)
  await chmod(config, 0o600)
  const api = await createApiClient({ endpoint: url, keyFile: join(data, 'root-access-key.json') }, {})
  const isOnline = async () => {
    const { body } = await api.call('DescribeBackupGatewayList', { version: '2019-03-06', params: {} })
    return JSON.stringify(body).includes('"BackupGatewayStatus":"ONLINE"')
  }
  // Said by the server, in whose eyes it has to be there.
  const third = await timeStart(command, ['gateway', 'run', '--data', gatewayData, '--config', config], {
    text: '"msg":"connected"',
    isThere: isOnline,
  })
  await third.running.kill()
  return {
    firstServerMs: first.ms,
    serverMs: second.ms,
    gatewayMs: third.ms,
    bareMs: bareMs(),
    processorMs: { server: second.processorMs, gateway: third.processorMs },
  }
}

/** Until it has said the text and what it promises is true. */
async function timeStart(
  command: StartCommand,
  args: readonly string[],
  { text, isThere }: { text: string; isThere: () => Promise<boolean> },
): Promise<{ readonly running: Running; readonly ms: number; readonly processorMs: number }> {
  const began = performance.now()
  const child = spawn(command.file, [...command.args, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: envOf(command),
  })
  const running = watchProcess(child)
  try {
    await running.line(text, READY_MS)
    const used = processorMs(running.pid)
    if (!(await isThere())) throw new Error(`it said ${text}, but that is not true`)
    return { running, ms: performance.now() - began, processorMs: used }
  } catch (error) {
    await running.kill()
    throw error
  }
}

async function isReady(url: string): Promise<boolean> {
  const { status } = await fetch(`${url}/readyz`)
  return status === 200
}

async function finish(
  command: StartCommand,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const running = watchProcess(
    spawn(command.file, [...command.args, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...envOf(command), ...env },
    }),
  )
  const code = await running.ended
  if (code !== 0) throw new Error(`postern ${args.join(' ')}: ${running.output()}`)
  return running.output()
}

function bareMs(): number {
  const began = performance.now()
  spawnSync(process.execPath, ['--eval', ''])
  return performance.now() - began
}

const envOf = ({ env }: StartCommand) => ({ ...process.env, NODE_ENV: 'production', ...env })
