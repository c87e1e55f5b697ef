import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { z } from 'zod'
import { writePrivateFile } from '../gateway/private-file.ts'
import { STS_VERSION } from './actions-called.ts'
import { type ApiClient, type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import { durationOption } from './duration.ts'
import { CommandError, EXIT, reason, usageError } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

interface Options extends ConnectionOptions {
  readonly duration: string
  readonly name: string
  readonly policy?: string
  readonly out?: string
}

const credentials = z.object({
  Credentials: z.object({
    AccessKeyId: z.string(),
    AccessKeySecret: z.string(),
    SecurityToken: z.string(),
    Expiration: z.string(),
  }),
})

export function addSessionCommand(program: Command, terminal: Terminal): void {
  withConnection(program.command('session'))
    .summary('make a temporary key for short-lived automation')
    .description(
      'Prints a key file for --key-file, as JSON. The key may do what yours may while it is used, except to make or change keys and to attach policies; it ends at once with yours.',
    )
    .option('--duration <time>', '15m to 12h, with a root AccessKey at most 1h', '1h')
    .option('--name <name>', 'of the session, for the log: 2 to 64 letters, digits and . @ - _', 'postern-cli')
    .option('--policy <file>', 'policy of the RAM language that narrows what the key may do, at most 2048 characters')
    .option('--out <file>', 'write the key there, readable by you only, instead of to stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  postern session --duration 15m --out job-key.json --key-file postern-data/root-access-key.json\n  postern session --name nightly-report --policy read-only.json --out job-key.json\n  postern gateway list --key-file job-key.json',
    )
    .action(async (options: Options) => {
      const seconds = durationOption(options.duration)
      const policy = options.policy === undefined ? undefined : await readPolicy(options.policy)
      const client = await createApiClient(options, terminal.env)
      const { AccountId } = z.object({ AccountId: z.string() }).parse(await ask(client, 'GetCallerIdentity', {}))
      const answer = await ask(client, 'AssumeRole', {
        RoleArn: `acs:ram::${AccountId}:role/caller`,
        RoleSessionName: options.name,
        DurationSeconds: String(seconds),
        ...(policy !== undefined && { Policy: policy }),
      })
      const { Credentials } = credentials.parse(answer)
      const text = `${JSON.stringify(Credentials, null, 2)}\n`
      if (options.out === undefined) terminal.out(text)
      else await save(options.out, text)
      terminal.err(`The key works until ${Credentials.Expiration}.\n`)
    })
}

async function ask(client: ApiClient, action: string, params: Record<string, string>) {
  const answer = await client.call(action, { version: STS_VERSION, params })
  if (!answer.ok) throw apiFailure(answer)
  return answer.body
}

/** An empty one would be taken for none, and the key would be narrowed by nothing. */
async function readPolicy(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usageError(`The policy file ${file} cannot be read: ${reason(error)}`)
  })
  if (text.trim() === '') throw usageError(`The policy file ${file} is empty.`)
  return text.trim()
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writePrivateFile(file, text)
  } catch (cause) {
    throw new CommandError(EXIT.failed, `The key file ${file} cannot be written: ${reason(cause)}`, { cause })
  }
}
