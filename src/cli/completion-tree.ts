import type { Argument, Command, Option } from 'commander'

/** What may follow an option or stand as an argument. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'anything' }

export interface CompletedOption {
  /** `--output`, or `-h`. */
  readonly flag: string
  readonly text: string
  /** Undefined where it takes no value. */
  readonly values?: Values
}

/** One command as a shell sees it. */
export interface CompletedCommand {
  /** `postern gateway list` */
  readonly path: string
  readonly children: readonly { readonly name: string; readonly text: string }[]
  readonly options: readonly CompletedOption[]
  readonly values: Values
}

/** Every command below this one and itself, as its help lists them. */
export function completedCommands(command: Command, path: string): readonly CompletedCommand[] {
  const help = command.createHelp()
  const children = help.visibleCommands(command)
  const own: CompletedCommand = {
    path,
    children: children.map((child) => ({ name: child.name(), text: child.summary() || child.description() })),
    options: help.visibleOptions(command).flatMap(completedOptions),
    values: valuesOfArguments(command.registeredArguments),
  }
  const names = children.map((child) => child.name())
  return [own, ...children.flatMap((child) => below(child, { path: `${path} ${child.name()}`, names }))]
}

/** `postern help` takes the commands beside it, and what it makes of itself has no options. */
function below(child: Command, at: { path: string; names: readonly string[] }): readonly CompletedCommand[] {
  if (child.name() !== 'help') return completedCommands(child, at.path)
  const words = at.names.filter((name) => name !== 'help')
  return [{ path: at.path, children: [], options: [], values: { kind: 'words', words } }]
}

function completedOptions(option: Option): readonly CompletedOption[] {
  const text = option.description
  const flags = [option.short, option.long].filter((flag) => flag !== undefined)
  const values = option.required || option.optional ? valuesOf(option.flags, option.argChoices) : undefined
  return flags.map((flag) => ({ flag, text, ...(values && { values }) }))
}

/** The last argument is taken again and again where it is variadic; others in front of it are rare enough. */
function valuesOfArguments(args: readonly Argument[]): Values {
  const [first] = args
  return first === undefined ? { kind: 'words', words: [] } : valuesOf(`<${first.name()}>`, first.argChoices)
}

/** By what the usage calls the value: `<file>`, `<dir>`. */
function valuesOf(flags: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: 'words', words: choices }
  if (/[<[](file|[\w-]+-file)(\.\.\.)?[>\]]/.test(flags)) return { kind: 'file' }
  if (/[<[](dir|folder)[>\]]/.test(flags)) return { kind: 'folder' }
  return { kind: 'anything' }
}
