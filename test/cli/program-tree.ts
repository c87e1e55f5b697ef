import { type Command, CommanderError } from 'commander'
import { createProgram } from '../../src/cli/program.ts'

/** The real commands, writing nowhere. */
export function newProgram(words?: readonly string[]): Promise<Command> {
  return createProgram({ env: {}, out: () => {}, err: () => {}, interactive: false }, words)
}

export interface PlacedCommand {
  /** `postern gateway list` */
  readonly path: string
  readonly command: Command
}

/** The command and all below it. */
export function allCommands(command: Command, path = command.name()): readonly PlacedCommand[] {
  const below = command.commands.flatMap((child) => allCommands(child, `${path} ${child.name()}`))
  return [{ path, command }, ...below]
}

/** What `--help` prints, with all that was added to it. */
export function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp()
  return text
}

/** Each `postern …` of a line, as words; what is around it, `$(…)`, `|` and `>`, is not of the command. */
export function commandLines(line: string): readonly (readonly string[])[] {
  const inner = [...line.matchAll(/[$<]\(([^()]*)\)/g)].flatMap(([, text = '']) => commandLines(text))
  const outer = line
    .replaceAll(/[$<]\([^()]*\)/g, 'SUBSTITUTED')
    .split('|')
    .map((part) => part.replace(/ (>|#) .*$/, '').trim())
    .map((part) => part.split(/\s+/).filter((word) => !/^[A-Z][A-Z_]*=/.test(word)))
    .filter(([first]) => first === 'postern' || first?.endsWith('bin/postern') === true)
    .map((words) => words.slice(1))
  return [...inner, ...outer]
}

/** Goes through the real parser without doing anything; throws what it finds wrong. */
export async function parseOnly(words: readonly string[]): Promise<void> {
  const program = await newProgram()
  for (const { command } of allCommands(program)) if (command.commands.length === 0) command.action(() => {})
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    // --help and --version end the parsing too.
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error
  }
}
