import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { eventually } from '../fixtures/eventually.ts'

const run = promisify(execFile)

const ip = (...args: readonly string[]) => run('ip', args, { timeout: 10_000 })

/** A network of its own that one cable joins to this one; gone with the process that holds it. Root on Linux only. */
export interface NetworkNamespace extends AsyncDisposable {
  /** The address of this end of the cable. */
  readonly outside: string
  /** Of its far end, for what listens inside. */
  readonly inside: string
  /** What a command line inside begins with. */
  readonly enter: readonly string[]
  /** Nobody is told: what is sent vanishes. */
  cut(): Promise<void>
  mend(): Promise<void>
}

/** What is wrong, in words, where none can be made. */
export async function openNamespace(): Promise<NetworkNamespace | string> {
  if (process.platform !== 'linux') return 'only Linux has network namespaces'
  if (process.getuid?.() !== 0) return 'only root may make a network namespace'
  const holder = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    holder.once('error', () => resolve())
    holder.once('close', () => resolve())
  })
  const { pid } = holder
  if (pid === undefined) return 'unshare is not on this machine'
  const dispose = async () => {
    holder.kill('SIGKILL')
    await ended
  }
  const enter = ['nsenter', '--target', String(pid), '--net']
  // Of the range for measurements between networks, which nobody's network has; the process makes it its own.
  const net = `198.${18 + ((pid >> 14) & 1)}.${(pid >> 6) & 255}`
  const part = (pid & 63) * 4
  const [here, there] = [`pst${pid}a`, `pst${pid}b`]
  const ipInside = (...args: readonly string[]) =>
    run('nsenter', [...enter.slice(1), 'ip', ...args], { timeout: 10_000 })
  try {
    // The process is there before its namespace is.
    await eventually('the namespace is another one', async () => {
      const [mine, its] = await Promise.all(['self', String(pid)].map((of) => run('readlink', [`/proc/${of}/ns/net`])))
      return mine?.stdout !== its?.stdout
    })
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', String(pid))
    await ip('address', 'add', `${net}.${part + 1}/30`, 'dev', here)
    await ip('link', 'set', here, 'up')
    await ipInside('address', 'add', `${net}.${part + 2}/30`, 'dev', there)
    await ipInside('link', 'set', there, 'up')
    await ipInside('link', 'set', 'lo', 'up')
  } catch (error) {
    await dispose()
    return `a network namespace was refused: ${error instanceof Error ? error.message : String(error)}`
  }
  return {
    outside: `${net}.${part + 1}`,
    inside: `${net}.${part + 2}`,
    enter,
    // The far end: this one keeps its address, on which the server listens.
    cut: async () => void (await ipInside('link', 'set', there, 'down')),
    mend: async () => void (await ipInside('link', 'set', there, 'up')),
    [Symbol.asyncDispose]: dispose,
  }
}
