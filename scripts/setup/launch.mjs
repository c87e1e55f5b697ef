import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, dirname } from 'node:path'
import { ROOT } from './prepare.mjs'

/** A terminal and npm both deliver Ctrl-C: the second copy of one keypress is not passed on. */
const REPEAT_MS = 500

/**
 * Hands the terminal over to a program that runs on `node` and ends the way it ended: same exit code or same signal.
 * Every `node` started further down is that one too.
 */
export function launch(node, args, env = {}) {
  const path = dirname(node) + delimiter + (process.env.PATH ?? '')
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env, PATH: path },
  })
  const stopForwarding = forwardSignals(child)
  child.on('error', (error) => {
    stopForwarding()
    console.error(`${node} could not be started: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    stopForwarding()
    if (signal === null) process.exitCode = code
    else endBy(signal)
  })
}

function forwardSignals(child) {
  const handlers = new Map()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    let last = -REPEAT_MS
    handlers.set(signal, () => {
      const now = performance.now()
      const repeated = now - last < REPEAT_MS
      last = now
      // On a terminal the child is in the same foreground group and has had its own SIGINT already.
      if (repeated || (signal === 'SIGINT' && process.stdin.isTTY)) return
      child.kill(signal)
    })
  }
  for (const [signal, handler] of handlers) process.on(signal, handler)
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
}

/** Ends by the same signal; where that one is ignored, with the code that a shell would report. */
function endBy(signal) {
  process.exitCode = 128 + (constants.signals[signal] ?? 0)
  process.kill(process.pid, signal)
}
