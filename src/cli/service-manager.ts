import { spawn } from 'node:child_process'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

/** Tells systemd what this process is doing. Nothing waits for it; what it says again and again is told once. */
export interface ServiceManager extends Disposable {
  /** What is started after this process may start now. Told at the first call; later ones change the status only. */
  ready(status: string): void
  /** One line in `systemctl status`, cut at 200 characters. */
  status(text: string): void
  stopping(): void
}

export interface ServiceManagerParts {
  /** NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets them; without NOTIFY_SOCKET nothing happens. */
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly clock: Clock
}

const NOTIFY_MS = 5_000
const MAX_STATUS = 200

/**
 * Node has no datagram sockets of the Unix family, so the messages go out through `systemd-notify`, one at a time.
 * The watchdog is fed from a timer of the main thread: a process that hangs is found out and started anew.
 */
export function connectServiceManager({ env, log, clock }: ServiceManagerParts): ServiceManager {
  const socket = env['NOTIFY_SOCKET']
  /** One entry a variable: while a message is on its way the next one gathers here, and grows no further. */
  const waiting = new Map<string, string>()
  let busy = false
  let over = socket === undefined || socket === ''
  let told = ''
  let isReady = false

  const flush = () => {
    if (over || busy || waiting.size === 0) return
    const variables = [...waiting].map(([name, value]) => `${name}=${value}`)
    waiting.clear()
    busy = true
    const child = spawn('systemd-notify', variables, {
      // Of the environment only what it needs: passwords may lie in the rest.
      env: { NOTIFY_SOCKET: socket, PATH: env['PATH'] },
      stdio: 'ignore',
      timeout: NOTIFY_MS,
      killSignal: 'SIGKILL',
    })
    let failure: string | undefined
    child.once('error', (error) => {
      failure = error.message
    })
    child.once('close', (code, signal) => {
      busy = false
      if (failure !== undefined) {
        over = true
        feeding?.cancel()
        return log.warn({ reason: failure }, 'systemd-notify cannot be run; systemd will not hear of this process')
      }
      if (code !== 0) log.warn({ code, signal, variables }, 'systemd-notify failed')
      flush()
    })
  }
  const tell = (name: string, value: string) => {
    if (over) return
    waiting.set(name, value)
    flush()
  }
  const status = (text: string) => {
    const line = oneLine(text)
    if (line === told) return
    told = line
    tell('STATUS', line)
  }

  const watchdogMs = over ? undefined : watchdogOf(env)
  const feeding = watchdogMs === undefined ? undefined : clock.every(watchdogMs / 2, () => tell('WATCHDOG', '1'))

  return {
    ready(text) {
      status(text)
      if (isReady) return
      isReady = true
      tell('READY', '1')
    },
    status,
    stopping() {
      status('stopping')
      tell('STOPPING', '1')
    },
    [Symbol.dispose]: () => feeding?.cancel(),
  }
}

/** In milliseconds; undefined where systemd expects nothing, or expects it of another process. */
function watchdogOf(env: NodeJS.ProcessEnv): number | undefined {
  const ms = Number(env['WATCHDOG_USEC']) / 1_000
  const pid = env['WATCHDOG_PID']
  const isOurs = pid === undefined || pid === '' || pid === String(process.pid)
  // Below a tenth of a second the messenger itself would be too slow; above 2^31 a timer does not count that far.
  return isOurs && ms >= 100 && ms / 2 < 2 ** 31 ? ms : undefined
}

/** A line break would begin the next variable. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_STATUS)
}
