import { resolve } from 'node:path'
import type { Command } from 'commander'
import { backUp } from '../admin/operations/back-up.ts'
import { administer, withStore } from './administer.ts'
import type { StoreOptions } from './on-stopped-store.ts'
import { type Terminal, withProgress } from './terminal.ts'

export function addBackupCommand(program: Command, terminal: Terminal): void {
  withStore(program.command('backup'))
    .summary('copy the store to a file, while the server runs or not')
    .description(
      'The copy is the store as it is at one moment, in one file that its owner alone reads, and is checked before it gets its name.\nA running server writes it, as its own user.',
    )
    .requiredOption('--to <file>', 'new file for the copy')
    .option('--with-key', 'also copy the key file to FILE.key: whoever has both has every AccessKey')
    .addHelpText(
      'after',
      '\nExamples:\n  postern backup --data ./postern-data --to postern-monday.db\n  postern backup --data ./postern-data --to postern-monday.db --with-key',
    )
    .action(async (options: StoreOptions & { to: string; withKey?: boolean }) => {
      const params = { To: resolve(options.to), WithKey: options.withKey === true }
      const done = await withProgress(terminal, 'copying the store', () =>
        administer(backUp, params, { command: 'postern backup', options }),
      )
      terminal.out(`${done.File}: ${done.Bytes} bytes, checked\n`)
      if (done.KeyFile !== undefined) terminal.out(`${done.KeyFile}: the key file\n`)
      else terminal.err('The key file is not in it: without the key file the AccessKeys in the copy are lost.\n')
    })
}
