import { Argument, type Command } from 'commander'
import { parseChoice } from './choice-option.ts'
import { completionScript, SHELLS } from './completion-script.ts'
import { completedCommands } from './completion-tree.ts'
import type { Terminal } from './terminal.ts'

export function addCompletionCommand(program: Command, terminal: Terminal): void {
  const shell = new Argument('<shell>', 'your shell').choices(SHELLS).argParser((given) => parseChoice(given, SHELLS))
  program
    .command('completion')
    .summary('print a script that makes a shell complete the commands and options')
    .description(
      'Made from the commands of this very version. Where the shell reads it at each start, as below, it is never out of date.',
    )
    .addArgument(shell)
    .addHelpText(
      'after',
      `
Examples, each a line for the start-up file of the shell (.bashrc, .zshrc after compinit, config.fish):
  source <(postern completion bash)
  source <(postern completion zsh)
  postern completion fish | source`,
    )
    .action((name: string) => {
      for (const known of SHELLS) {
        if (known === name) terminal.out(completionScript(known, completedCommands(program, 'postern')))
      }
    })
}
