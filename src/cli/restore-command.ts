import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Restored } from '../admin/restore-backup.ts'
import { systemClock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import { auditOperator } from './audit-operator.ts'
import { choiceOption } from './choice-option.ts'
import { usageError } from './exit-code.ts'
import { jsonText } from './json-text.ts'
import { table } from './table.ts'
import { type Terminal, withProgress } from './terminal.ts'

interface Options {
  readonly from: string
  readonly data: string
  readonly keyFile?: string
  readonly output: string
}

export function addRestoreCommand(program: Command, terminal: Terminal): void {
  program
    .command('restore')
    .summary('make the folder of a server of a backup')
    .description(
      'What happened after the backup is forgotten: stop the server that it is of for good, or two go on from there.\nLists the keys, users and gateways that are back: delete those that had been deleted since.\nRequests that were signed before the restore are refused, and one-time tokens of before count no more.',
    )
    .requiredOption('--from <file>', 'the backup')
    .requiredOption('--data <dir>', 'new folder for the server; nothing is written over')
    .option('--key-file <file>', 'key that its secrets lie under, copied to DIR/secret.key (default: FILE.key)')
    .addOption(choiceOption('--output <form>', 'form of the lists', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  postern restore --from postern-monday.db --data ./restored-data\n  postern restore --from postern-monday.db --data ./restored-data --key-file secret.key',
    )
    .action(async (options: Options) => {
      const restored = await withProgress(terminal, 'restoring the store', () => restore(options))
      if (options.output === 'json') return terminal.out(jsonText(fieldsOf(restored)))
      terminal.out(tablesOf(restored))
      terminal.err(
        `${restored.file} is as it was at the time of the backup. Delete what is listed above and was deleted since, then start the server on ${options.data}.\n`,
      )
    })
}

async function restore({ from, data, keyFile }: Options): Promise<Restored> {
  const { restoreBackup } = await import('../admin/restore-backup.ts')
  const { openAuditTrail } = await import('../audit/audit-trail.ts')
  const { createLog } = await import('../base/log.ts')
  const { openSqliteStore } = await import('../store/sqlite/sqlite-store.ts')
  const clock = systemClock()
  try {
    const restored = await restoreBackup({
      from: resolve(from),
      data: resolve(data),
      keyFile: keyFile === undefined ? undefined : resolve(keyFile),
      now: clock.wall(),
    })
    const log = createLog({ name: 'store', level: 'warn' })
    await using store = await openSqliteStore({ folder: data, clock, log })
    const retentionMs = () => clock.now()
    await using trail = await openAuditTrail({ data, server: store.serverId, retentionMs, clock, log })
    await auditOperator(trail)({ operation: 'restore', outcome: 'OK' })
    return restored
  } catch (error) {
    if (error instanceof PosternError && error.entry === 'InvalidParameter') throw usageError(error.message)
    throw error
  }
}

const fieldsOf = ({ file, keyFile, keys, users, gateways }: Restored) => ({
  File: file,
  KeyFile: keyFile,
  AccessKeys: keys.map(({ id, account, principal, active }) => ({
    AccessKeyId: id,
    AccountId: account,
    Principal: principal,
    Status: statusOf(active),
  })),
  Users: users.map(({ id, account, name }) => ({ UserId: id, AccountId: account, UserName: name })),
  Gateways: gateways.map(({ id, account, name, createdAt, lastSeenAt }) => ({
    BackupGatewayId: id,
    AccountId: account,
    Name: name,
    CreatedAt: isoTime(createdAt),
    ...(lastSeenAt !== undefined && { LastSeenAt: isoTime(lastSeenAt) }),
  })),
})

function tablesOf({ keys, users, gateways }: Restored): string {
  const keyRows = keys.map(({ id, account, principal, active }) => [id, account, principal, statusOf(active)])
  const userRows = users.map(({ id, account, name }) => [name, id, account])
  const gatewayRows = gateways.map(({ id, account, name, lastSeenAt }) => [
    String(id),
    name,
    account,
    lastSeenAt === undefined ? 'never' : isoTime(lastSeenAt),
  ])
  return [
    `${keys.length} keys\n${table(['KEY', 'ACCOUNT', 'OF', 'STATUS'], keyRows)}\n`,
    `${users.length} users\n${table(['USER', 'ID', 'ACCOUNT'], userRows)}\n`,
    `${gateways.length} gateways\n${table(['GATEWAY', 'NAME', 'ACCOUNT', 'LAST SEEN'], gatewayRows)}\n`,
  ].join('\n')
}

const statusOf = (active: boolean) => (active ? 'Active' : 'Inactive')
const isoTime = (at: number) => new Date(at).toISOString()
