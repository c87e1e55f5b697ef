import type { Command } from 'commander'
import { ENGINES } from '../engines/list.ts'
import { DATABASE_TYPE_NAMES, type DatabaseType } from '../model/database-type.ts'
import { LOGIN_MECHANISMS, type LoginMechanism } from '../model/login-mechanism.ts'
import { choiceOption } from './choice-option.ts'
import { usageError } from './exit-code.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly engine: DatabaseType
  readonly user: string
  readonly host?: string
  readonly authMechanism?: LoginMechanism
}

export function addGrantsCommand(gateway: Command, terminal: Terminal): void {
  gateway
    .command('grants')
    .summary("print the SQL that gives the gateway's database user what it needs, and no more")
    .description('Prints statements for an administrator of the database server to run; the user must be there.')
    .addOption(choiceOption('--engine <engine>', 'what the server is', DATABASE_TYPE_NAMES).makeOptionMandatory())
    .requiredOption('--user <user>', 'the user that the gateway logs in with')
    .option('--host <host>', 'where MySQL and its kin let that user log in from (default: %)')
    .addOption(
      choiceOption('--auth-mechanism <mechanism>', '`authMechanism` of the endpoint, for MongoDB', LOGIN_MECHANISMS),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  postern gateway grants --engine MariaDB --user postern --host 10.0.0.9 | mariadb\n  postern gateway grants --engine PostgreSQL --user postern | psql\n  postern gateway grants --engine Redis --user postern | redis-cli',
    )
    .action((options: Options) => printGrants(options, terminal))
}

async function printGrants({ engine: name, user, host, authMechanism }: Options, terminal: Terminal): Promise<void> {
  if (user === '' || printable(user) !== user)
    throw usageError('--user is the name of a user, without control characters.')
  if (host !== undefined && !/^[\w.:%/-]+$/.test(host)) {
    throw usageError('--host is a host, an address or a pattern such as 10.0.0.%.')
  }
  if (authMechanism !== undefined && name !== 'MongoDB') throw usageError('--auth-mechanism is for MongoDB only.')
  const engine = await ENGINES[name]()
  for (const { statement, why } of engine.grants(user, host, authMechanism)) {
    if (engine.grantsAre === 'SQL') {
      terminal.out(`-- ${why}\n${statement};\n`)
    } else {
      // A client of Redis would take a comment for a command.
      terminal.err(`${why}\n`)
      terminal.out(`${statement}\n`)
    }
  }
}
