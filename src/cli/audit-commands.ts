import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { auditFolder } from '../audit/audit-folder.ts'
import { AuditProblem } from '../audit/audit-problem.ts'
import type { NotedHead } from '../audit/verify-audit.ts'
import { addAuditListCommand } from './audit-list-command.ts'
import { CommandError, EXIT, usageError } from './exit-code.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

interface VerifyOptions {
  readonly data: string
  readonly head?: string
  readonly publicKey?: string
}

export function addAuditCommands(program: Command, terminal: Terminal): void {
  const audit = program
    .command('audit')
    .summary('read and check the audit trail of a server')
    .description(
      "For the owner of the server's folder, with the server running or stopped, or of a copy of it. They change nothing.",
    )
    .addHelpText(
      'after',
      '\nExamples:\n  postern audit list --data /var/lib/postern --since 24h\n  postern audit verify --data /var/lib/postern',
    )
  addAuditListCommand(audit, terminal)
  // Here and for the head the files are read, also while a server runs: whoever checks it must not take its word.
  audit
    .command('verify')
    .summary('find any change, removal, insertion or reordering of entries')
    .description(
      "Checks every entry, the chain through all segments, and the signed heads. With a head that was noted elsewhere it also finds what whoever has the server's key made anew.\nExit code: 0 nothing was changed, 1 something was, and where.",
    )
    .requiredOption('--data <dir>', 'folder of the server')
    .option('--head <head>', 'head that was noted elsewhere: SEQ:HASH, or its hash alone')
    .option('--public-key <file>', 'key that the heads are checked with (default: DIR/audit-key.pub.pem)')
    .addHelpText(
      'after',
      '\nExamples:\n  postern audit verify --data /var/lib/postern\n  postern audit verify --data /var/lib/postern --head 4711:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --public-key noted.pub.pem',
    )
    .action(async ({ data, head, publicKey }: VerifyOptions) => {
      const { auditPublicKeyFile, readAuditPublicKey } = await import('../audit/audit-key.ts')
      const { verifyAudit } = await import('../audit/verify-audit.ts')
      const folder = folderOf(data)
      const noted = head === undefined ? undefined : notedHead(head)
      const key = await readAuditPublicKey(publicKey ?? auditPublicKeyFile(data))
      const found = await orFailed(verifyAudit({ folder, publicKey: key, ...(noted && { noted }) }))
      const { lines, segments, firstSeq, lastSeq, unsigned, torn } = found
      const range = lines === 0 ? '' : `, ${firstSeq} to ${lastSeq}`
      terminal.out(`${lines} entries${range}, in ${segments} segments: nothing was changed.\n`)
      if (noted !== undefined) terminal.out('The noted head is in the chain.\n')
      if (unsigned > 0) terminal.err(`The last ${unsigned} entries are not signed yet.\n`)
      if (torn > 0) terminal.err(`Half a line of ${torn} bytes at the end: the server writes, or was killed.\n`)
    })
  audit
    .command('head')
    .summary('print how far the trail goes, to note it elsewhere')
    .description(
      'Prints SEQ:HASH of the last entry. Kept where nobody of this machine can change it, it proves the trail up to there.',
    )
    .requiredOption('--data <dir>', 'folder of the server')
    .addHelpText('after', '\nExample:\n  postern audit head --data /var/lib/postern')
    .action(async ({ data }: { data: string }) => {
      const { readHead } = await import('../audit/read-head.ts')
      const head = await orFailed(readHead(folderOf(data)))
      if (head === undefined) throw new CommandError(EXIT.failed, 'The audit trail has no entry yet.')
      terminal.out(`${head}\n`)
    })
}

/** Throws where there is no trail. */
export function folderOf(data: string): string {
  const folder = auditFolder(data)
  if (existsSync(folder)) return folder
  throw usageError(printable(`${join(data, 'audit')} is not there: --data is the folder of a server that has run.`))
}

async function orFailed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof AuditProblem)) throw error
    throw new CommandError(EXIT.failed, printable(error.message), { cause: error })
  }
}

function notedHead(text: string): NotedHead {
  const [, seq, hash] = /^(?:(\d{1,15}):)?([0-9a-f]{64})$/i.exec(text.trim()) ?? []
  if (hash === undefined) throw usageError('--head is SEQ:HASH as postern audit head prints it, or its 64 hex digits.')
  return { seq: seq === undefined ? undefined : Number(seq), hash: hash.toLowerCase() }
}
