import { spawn } from 'node:child_process'

const KEPT_OUTPUT = 64 * 1024

/**
 * Runs a program to its end and keeps the end of what it printed. Never throws for a failing program:
 * `code` is undefined when it could not be started, was killed, or ran past `timeoutMs`.
 */
export function runCommand(command, args, { cwd, env = process.env, timeoutMs = 60_000 } = {}) {
  return new Promise((resolve) => {
    let output = ''
    const keep = (chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT)
    }
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => {
      output += `\n${command} was stopped after ${Math.round(timeoutMs / 1000)} s`
      child.kill('SIGKILL')
    }, timeoutMs)
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ code: undefined, missing: error.code === 'ENOENT', output: error.message })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? undefined, missing: false, output: output.trim() })
    })
  })
}
