import type { Command } from 'commander'
import { z } from 'zod'
import type { EvidenceCheck, SignedEvidence } from '../link/signed-result.ts'
import { DATABASE_TYPE_NAMES } from '../model/database-type.ts'
import { type KeyFingerprint, toAttemptId, toFingerprint, toGatewayId, toServerId, toTaskId } from '../model/ids.ts'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ApiClient, type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import { choiceOption } from './choice-option.ts'
import { CommandError, EXIT, usageError } from './exit-code.ts'
import { jsonText } from './json-text.ts'
import { compareShown } from './shown-result.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Of a list of 64 MiB in parts of 256 KiB, several times over: a server cannot keep the command busy for ever. */
const MAX_PAGES = 1_000
const ONLY_SERVER = 'No --gateway-fingerprint was given: this is only as trustworthy as this server.'

interface Options extends ConnectionOptions {
  readonly gatewayFingerprint?: string
  readonly output: string
}

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'))
const idOf = <T>(parse: (value: number) => T | undefined) =>
  z.number().transform((value, context) => {
    const id = parse(value)
    if (id === undefined) context.addIssue({ code: 'custom', message: 'not an id' })
    return id ?? z.NEVER
  })
const signedResult = z.object({
  TaskStatus: z.string(),
  Result: z
    .object({
      ServerId: z.string().transform(toServerId),
      BackupGatewayId: idOf(toGatewayId),
      AttemptId: z.string().transform(toAttemptId),
      DatabaseType: z.enum(DATABASE_TYPE_NAMES),
      SourceEndpointIP: z.string().optional(),
      SourceEndpointPort: z.number().optional(),
      Nonce: z.string(),
      Outcome: base64,
      Digest: z.string(),
      Signature: z.string(),
      SigningKey: base64.optional(),
      PartCount: z.number(),
      Parts: z.object({ Part: z.array(base64) }),
    })
    .optional(),
})

export function addTaskVerifyCommand(task: Command, terminal: Terminal): void {
  withConnection(task.command('verify'))
    .summary('prove that the result of a task is what its gateway signed')
    .description(
      'Fetches the result with its signature and checks both here, without asking the server: the key has the fingerprint, and the signature covers this task, its attempt and nonce, the endpoint, the outcome and every name. It also compares what the server shows of the task with what was signed.\nThe fingerprint comes from the gateway itself: `postern gateway enroll` and `postern gateway check --data DIR` print it. Of a gateway whose key was rotated give both, with a comma between them.\nExit code: 0 verified, 1 not verified, 2 wrong usage, 3 no connection.',
    )
    .argument('<id>', 'the task, see `postern task list`')
    .option(
      '--gateway-fingerprint <sha256>',
      "fingerprint of the gateway's key, 64 hex digits, also with sha256: before them",
    )
    .addOption(choiceOption('--output <form>', 'form of the answer', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExample:\n  postern task verify 731905284617093 --gateway-fingerprint sha256:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9',
    )
    .action((id: string, options: Options) => verify(id, options, terminal))
}

async function verify(text: string, options: Options, terminal: Terminal): Promise<void> {
  const id = toTaskId(Number(text))
  if (id === undefined) throw usageError('The id of a task has 15 digits.')
  const expected = readFingerprints(options.gatewayFingerprint)
  const client = await createApiClient(options, terminal.env)
  const { status, evidence } = await fetchEvidence(client, id)
  if (evidence === undefined) {
    throw new CommandError(
      EXIT.failed,
      `Not verified: ${text} is ${printable(status)}, and no gateway signed how it ended.`,
    )
  }
  const { checkEvidence } = await import('../link/signed-result.ts')
  const checked = checkEvidence(evidence, expected)
  const checks = [...checked.checks, await compareShown(client, { evidence, status, checked })]
  const broken = checks.filter(({ ok }) => ok === false)
  const { task, server, gateway, attempt, engine, host, port } = evidence
  const trust = expected.length > 0 ? 'gateway' : 'server'
  if (options.output === 'json') {
    const facts = { task, server, gateway, attempt, engine, host, port, key: checked.key, outcome: checked.outcome }
    terminal.out(jsonText({ verified: broken.length === 0, trust, ...facts, checks }))
  } else {
    const heading = `${task} (${engine}${host === undefined ? '' : ` at ${host}:${port}`}, gateway ${gateway}): ${broken.length === 0 ? 'verified' : 'NOT VERIFIED'}`
    terminal.out(`${[heading, ...checks.map(lineOf)].map(printable).join('\n')}\n`)
  }
  if (trust === 'server') terminal.err(`${ONLY_SERVER}\n`)
  if (broken.length === 0) return
  throw new CommandError(EXIT.failed, `Not verified: ${broken.map(({ name }) => name).join(', ')}.`)
}

const lineOf = ({ name, ok, detail }: Pick<EvidenceCheck, 'ok' | 'detail'> & { name: string }) =>
  `${ok === undefined ? '-' : ok ? 'ok' : 'WRONG'}  ${name}: ${detail}`

function readFingerprints(text: string | undefined): readonly KeyFingerprint[] {
  if (text === undefined) return []
  return text.split(',', 16).map((each) => {
    const digits = each
      .trim()
      .replace(/^sha256:/i, '')
      .toLowerCase()
    if (/^[0-9a-f]{64}$/.test(digits)) return toFingerprint(digits)
    throw usageError(
      '--gateway-fingerprint is the SHA-256 of a key: 64 hex digits, as `postern gateway check --data DIR` prints it.',
    )
  })
}

/** Everything but the task's own id, which is the caller's word, is the server's word. */
async function fetchEvidence(
  client: ApiClient,
  task: SignedEvidence['task'],
): Promise<{ readonly status: string; readonly evidence: SignedEvidence | undefined }> {
  const parts: Uint8Array[] = []
  for (let pages = 0; ; pages++) {
    const params = { TaskId: String(task), FirstPart: String(parts.length) }
    const answer = await client.call('GetSignedResult', { version: POSTERN_VERSION, params })
    if (!answer.ok) throw apiFailure(answer)
    const parsed = signedResult.safeParse(answer.body)
    if (!parsed.success)
      throw new CommandError(EXIT.failed, 'Not verified: what the server answers is not well formed.')
    const { TaskStatus: status, Result: result } = parsed.data
    if (result === undefined) return { status, evidence: undefined }
    parts.push(...result.Parts.Part)
    if (result.Parts.Part.length > 0 && parts.length < result.PartCount && pages < MAX_PAGES) continue
    const evidence: SignedEvidence = {
      task,
      server: result.ServerId,
      gateway: result.BackupGatewayId,
      attempt: result.AttemptId,
      engine: result.DatabaseType,
      host: result.SourceEndpointIP,
      port: result.SourceEndpointPort,
      nonce: result.Nonce,
      outcomeText: result.Outcome.toString('utf8'),
      digest: result.Digest,
      signature: result.Signature,
      publicKey: result.SigningKey,
      parts,
    }
    return { status, evidence }
  }
}
