import type { Command } from 'commander'
import { createAccount } from '../admin/operations/create-account.ts'
import { listAccounts } from '../admin/operations/list-accounts.ts'
import { administer, withStore } from './administer.ts'
import type { StoreOptions } from './on-stopped-store.ts'
import { choiceOption } from './choice-option.ts'
import { jsonText } from './json-text.ts'
import { keepNewKey } from './new-key-file.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

export function addAccountCommands(program: Command, terminal: Terminal): void {
  const account = program
    .command('account')
    .summary('make and list accounts, as the operator of the server')
    .description(
      'An account owns gateways, tasks and users; nothing of it can be told from another one.\nFor the owner of the folder of the store, with the server running or stopped.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  postern account create --data ./postern-data --name plant-7 --key-file-out plant-7-key.json\n  postern account list --data ./postern-data',
    )
  addCreate(account, terminal)
  addList(account, terminal)
}

function addCreate(account: Command, terminal: Terminal): void {
  withStore(account.command('create'))
    .summary('make an account and the AccessKey of its root')
    .description('The AccessKey is told once: it is printed, or written to a new file that its owner alone reads.')
    .requiredOption('--name <name>', 'name of the account, for people')
    .option('--key-file-out <file>', 'new file for the AccessKey, as --key-file of other commands takes it')
    .addOption(choiceOption('--output <form>', 'form of the answer', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  postern account create --data ./postern-data --name plant-7 --key-file-out plant-7-key.json\n  postern account create --data ./postern-data --name plant-7 --output json',
    )
    .action(async (options: StoreOptions & { name: string; keyFileOut?: string; output: string }) => {
      const make = () =>
        administer(createAccount, { Name: options.name }, { command: 'postern account create', options })
      const file = options.keyFileOut
      const { AccessKeySecret, ...told } = file === undefined ? await make() : await keepNewKey(file, make)
      const fields = { ...told, ...(file === undefined ? { AccessKeySecret } : { KeyFile: file }) }
      if (options.output === 'json') return terminal.out(jsonText(fields))
      terminal.out(`${table(['ACCOUNT', 'NAME'], [[told.AccountId, told.Name]])}\n\n`)
      terminal.out(`AccessKeyId      ${told.AccessKeyId}\n`)
      terminal.out(file === undefined ? `AccessKeySecret  ${AccessKeySecret}\n` : `Secret in        ${file}\n`)
    })
}

function addList(account: Command, terminal: Terminal): void {
  withStore(account.command('list'))
    .summary('list the accounts of a server')
    .description('By their ids.')
    .addOption(choiceOption('--output <form>', 'form of the list', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  postern account list --data ./postern-data\n  postern account list --data ./postern-data --output json',
    )
    .action(async (options: StoreOptions & { output: string }) => {
      const { Accounts } = await administer(listAccounts, {}, { command: 'postern account list', options })
      if (options.output === 'json') return terminal.out(jsonText(Accounts))
      const rows = Accounts.map(({ AccountId, Name, CreatedAt }) => [AccountId, Name, CreatedAt])
      terminal.out(`${table(['ACCOUNT', 'NAME', 'CREATED'], rows)}\n`)
    })
}
