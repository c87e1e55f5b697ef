import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { findNats } from '../test/fixtures/nats.ts'
import { findPostgresql } from '../test/fixtures/postgresql.ts'
import { findProgram } from '../test/fixtures/find-program.ts'

/** What the figures were taken on. */
export interface Machine {
  readonly processors: number
  readonly model: string
  readonly node: string
  readonly postgresql: string
  readonly redis: string
  readonly nats: string
  /** Of the last 1, 5 and 15 minutes, before the first run. */
  readonly loadBefore: readonly number[]
  /** Share of all processors that others used right before the first run, 0 to 1; NaN where the system does not say. */
  readonly busyBefore: number
}

const LOOK_MS = 1_000
/** More than this and the figures are of what else runs here, too. */
const QUIET_SHARE = 0.1
const NONE = 'not on this machine'

export async function lookAtMachine(): Promise<Machine> {
  const loadBefore = loadavg().map((value) => Math.round(value * 100) / 100)
  const before = busyAndAll()
  await sleep(LOOK_MS)
  const after = busyAndAll()
  return {
    processors: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    node: process.versions.node,
    postgresql: findPostgresql()?.version ?? NONE,
    redis: versionOf('redis-server'),
    nats: findNats() ? versionOf('nats-server') : NONE,
    loadBefore,
    busyBefore: (after.busy - before.busy) / (after.all - before.all),
  }
}

/** Why the figures are worth less; undefined on a quiet machine. */
export function whatDisturbs({ loadBefore, busyBefore, processors }: Machine): string | undefined {
  const [load = 0] = loadBefore
  if (busyBefore > QUIET_SHARE) {
    return `THE MACHINE IS NOT QUIET: others use ${Math.round(busyBefore * 100)} % of its processors. Only the ratios mean something.`
  }
  return load > processors / 2
    ? `The machine was busy a moment ago (load ${load} on ${processors} processors): be sure that it is quiet now.`
    : undefined
}

function versionOf(program: string): string {
  const path = findProgram(program)
  if (path === undefined) return NONE
  const said = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return /(\d+(\.\d+)+)/.exec(`${said.stdout}${said.stderr}`)?.[1] ?? 'unknown'
}

function busyAndAll(): { readonly busy: number; readonly all: number } {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
    const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, ...others] = line
      .trim()
      .split(/\s+/)
      .slice(1, 9)
      .map(Number)
    const busy = user + nice + system + others.reduce((sum, ticks) => sum + ticks, 0)
    return { busy, all: busy + idle + waiting }
  } catch {
    return { busy: Number.NaN, all: Number.NaN }
  }
}
