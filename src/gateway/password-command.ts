import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import { LOGIN_PAUSE_MS } from './login-memory.ts'

const DEADLINE_MS = 10_000
const MAX_OUTPUT_BYTES = 4096
const MAX_STDERR_BYTES = 4096
const MAX_SAID_CHARS = 200
/** How long an answer counts; vaults are asked neither for every task nor too late for a rotation. */
const KEEP_MS = 5 * 60_000

export interface PasswordCommandOptions {
  /** The folder of the configuration file: where it runs, and what a program with a slash in its name is relative to. */
  readonly folder: string
  readonly clock: Clock
  readonly deadlineMs?: number
}

/**
 * A password that a program prints, for example the client of a vault. Runs once at a time and keeps the answer for five
 * minutes. `rejected`: a password that the server has refused; where it is the one that is kept, the program runs again.
 * Rejects with a fault of the gateway that names the program, its exit code and what it said on stderr, never its output.
 */
export function passwordCommand(
  command: readonly string[],
  options: PasswordCommandOptions,
): (rejected?: string) => Promise<string> {
  const { clock } = options
  let kept: { readonly password: string; readonly until: number } | undefined
  let running: Promise<string> | undefined

  const ask = async (rejected: string | undefined) => {
    const password = await run(command, options)
    // The same again: no login is tried with it for a while, so the vault is not asked more often either.
    kept = { password, until: clock.now() + (password === rejected ? LOGIN_PAUSE_MS : KEEP_MS) }
    return password
  }

  return (rejected) => {
    if (kept !== undefined && clock.now() < kept.until && kept.password !== rejected)
      return Promise.resolve(kept.password)
    running ??= ask(rejected).finally(() => {
      running = undefined
    })
    return running
  }
}

/** What is wrong with the program of a command before it runs; undefined: it is there and may be run. */
export function whyNotRunnable(program: string, folder: string): string | undefined {
  const named = program.includes('/')
  const paths = named
    ? [resolve(folder, program)]
    : (process.env['PATH'] ?? '').split(delimiter).map((each) => join(resolve(folder, each), program))
  if (paths.some(isExecutable)) return undefined
  if (!named) return `the program ${program} is not on the PATH`
  return `${paths[0]} is not a program that may be run`
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function run(
  [name = '', ...args]: readonly string[],
  { folder, deadlineMs = DEADLINE_MS }: PasswordCommandOptions,
): Promise<string> {
  const program = name.includes('/') ? resolve(folder, name) : name
  return new Promise((done, failed) => {
    // A group of its own, so that whatever it starts ends with it.
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const output: Buffer[] = []
    const errors: Buffer[] = []
    let bytes = 0
    let errorBytes = 0
    let over = false

    const end = (why: string, cause?: unknown) => {
      if (over) return
      over = true
      clearTimeout(deadline)
      killGroup(child.pid)
      child.stdout.destroy()
      child.stderr.destroy()
      const said = firstLine(Buffer.concat(errors))
      const message = `The gateway could not read the password: ${name} ${why}${said === '' ? '.' : `: ${said}`}`
      failed(new PosternError('Internal', { message, ...(cause !== undefined && { cause }) }))
    }
    const deadline = setTimeout(() => end(`did not end within ${deadlineMs / 1000} s and was stopped`), deadlineMs)

    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_OUTPUT_BYTES) return end('printed more than 4 KiB, which is no password')
      output.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (errorBytes < MAX_STDERR_BYTES) errors.push(chunk.subarray(0, MAX_STDERR_BYTES - errorBytes))
      errorBytes += chunk.length
    })
    child.once('error', (error) => end(`could not be run (${codeOf(error)})`, error))
    child.once('close', (code, signal) => {
      if (over) return
      if (code !== 0) return end(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`)
      const password = passwordIn(Buffer.concat(output))
      if (password === undefined) return end('printed what is not UTF-8 text, or has a NUL character in it')
      if (password === '') return end('printed nothing')
      clearTimeout(deadline)
      done(password)
    })
  })
}

/** Every program ends what it prints with a newline; no password ends with one. */
function passwordIn(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.includes('\0') ? undefined : text.replace(/\r?\n$/, '')
  } catch {
    return undefined
  }
}

function firstLine(bytes: Buffer): string {
  const lines = bytes.toString('utf8').split(/[\r\n]+/)
  const line = lines.map((each) => each.replaceAll(/\p{C}/gu, '').trim()).find((each) => each !== '')
  return (line ?? '').slice(0, MAX_SAID_CHARS)
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

const codeOf = (error: Error) => ('code' in error && typeof error.code === 'string' ? error.code : 'unknown reason')
