import { createInterface } from 'node:readline/promises'
import { CommanderError } from 'commander'
import { ConfigurationError } from '../base/configuration-error.ts'
import { CommandError, EXIT } from './exit-code.ts'
import { createProgram } from './program.ts'
import type { Terminal } from './terminal.ts'

/** Runs one command line; the exit code is the result. */
async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const program = await createProgram(terminal, argv)
    await program.parseAsync(argv, { from: 'user' })
    return EXIT.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    if (error instanceof CommandError) {
      terminal.err(`${error.message}\n`)
      return error.exitCode
    }
    if (error instanceof ConfigurationError) {
      terminal.err(`${error.message}\n`)
      return EXIT.usage
    }
    // What is thrown at start-up on purpose has a message for people; a stack would only hide it.
    terminal.err(`${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.failed
  }
}

/** Ctrl-C and the end of the input are an empty answer. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const closed = new AbortController()
  lines.once('close', () => closed.abort())
  try {
    return await lines.question(question, { signal: closed.signal })
  } catch {
    return ''
  } finally {
    lines.close()
  }
}

const terminal: Terminal = {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  interactive: process.stderr.isTTY,
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
}
// A reader that closes the pipe (head) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
)
process.exitCode = await main(process.argv.slice(2), terminal)
