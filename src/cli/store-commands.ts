import type { Command } from 'commander'
import { checkStore } from '../admin/operations/check-store.ts'
import { administer, withStore } from './administer.ts'
import type { StoreOptions } from './on-stopped-store.ts'
import { CommandError, EXIT } from './exit-code.ts'
import { printable } from './table.ts'
import { type Terminal, withProgress } from './terminal.ts'

export function addStoreCommands(program: Command, terminal: Terminal): void {
  const store = program
    .command('store')
    .summary('look after the store of a server')
    .description('For the owner of the folder of the store, with the server running or stopped.')
    .addHelpText('after', '\nExample:\n  postern store check --data ./postern-data')
  withStore(store.command('check'))
    .summary('say whether a store is sound, or everything that is wrong with it')
    .description(
      'Looks at the pages of the file, references, tables and indexes, sealed keys, the checksums of tasks and the digests of results. Changes nothing.\nExit code: 0 nothing is wrong, 1 something is.',
    )
    .option('--quick', 'do not compare every index with its table, which takes most of the time')
    .addHelpText(
      'after',
      '\nExamples:\n  postern store check --data ./postern-data\n  postern store check --data ./postern-data --quick',
    )
    .action(async (options: StoreOptions & { quick?: boolean }) => {
      const params = { Quick: options.quick === true }
      const { Checked, Unchecked, Problems } = await withProgress(terminal, 'checking the store', () =>
        administer(checkStore, params, { command: 'postern store check', options }),
      )
      for (const { What, Count } of Checked) terminal.out(`${What}: ${Count} checked\n`)
      if (Unchecked > 0) terminal.out(`tasks that are older than checksums: ${Unchecked} not checked\n`)
      if (Problems.length > 0) {
        throw new CommandError(
          EXIT.failed,
          `Something is wrong:\n${Problems.map((each) => `  ${printable(each)}`).join('\n')}`,
        )
      }
      terminal.out('Nothing is wrong.\n')
    })
}
