import type { Command } from 'commander'
import { resetRootKey } from '../admin/operations/reset-root-key.ts'
import { administer, withStore } from './administer.ts'
import type { StoreOptions } from './on-stopped-store.ts'
import { keepNewKey, keyFileText } from './new-key-file.ts'
import type { Terminal } from './terminal.ts'

export function addAccessKeyCommands(program: Command, terminal: Terminal): void {
  const accessKey = program
    .command('access-key')
    .summary('replace the AccessKey of the root of an account')
    .description('Keys of users are made with the API (CreateAccessKey); this is for the root, whose key was lost.')
    .addHelpText(
      'after',
      '\nExample:\n  postern access-key reset-root --data ./postern-data --account 482910573846251 --out root-key.json',
    )
  withStore(accessKey.command('reset-root'))
    .summary('make a new AccessKey for the root of an account, and switch the old ones off')
    .description(
      'The answer to a lost or stolen root key. The old keys stop at once, in the same commit.\nThe new one is told once: printed as JSON, or written to a new file that its owner alone reads.',
    )
    .requiredOption('--account <id>', 'id of the account, as `postern account list` shows it')
    .option('--out <file>', 'new file for the AccessKey, as --key-file of other commands takes it')
    .addHelpText(
      'after',
      '\nExamples:\n  postern access-key reset-root --data ./postern-data --account 482910573846251 --out root-key.json\n  postern access-key reset-root --data ./postern-data --account 482910573846251',
    )
    .action(async (options: StoreOptions & { account: string; out?: string }) => {
      const params = { AccountId: options.account }
      const make = () => administer(resetRootKey, params, { command: 'postern access-key reset-root', options })
      const { out } = options
      const key = out === undefined ? await make() : await keepNewKey(out, make)
      if (out === undefined) terminal.out(keyFileText(key))
      const where = out === undefined ? '' : `, written to ${out}`
      const off = key.Deactivated.length === 0 ? 'none was active' : `switched off: ${key.Deactivated.join(', ')}`
      terminal.err(`New root key ${key.AccessKeyId}${where}. Old root keys: ${off}.\n`)
    })
}
