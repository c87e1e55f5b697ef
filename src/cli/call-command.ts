import type { Command } from 'commander'
import { PRODUCTS } from '../api/action.ts'
import { type Answer, type ApiClient, type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import { usageError } from './exit-code.ts'
import { jsonText } from './json-text.ts'
import { parseParameters } from './parse-parameters.ts'
import type { Terminal } from './terminal.ts'

interface Options extends ConnectionOptions {
  readonly apiVersion?: string
}

export function addCallCommand(program: Command, terminal: Terminal): void {
  withConnection(program.command('call'))
    .summary('call any action of the API and print its answer as JSON')
    .description(
      'Signs one request with your AccessKey. The actions, their parameters and answers are in docs/reference/api.md.',
    )
    .argument('<action>', 'for example GetDBListFromAgent')
    .argument('[parameters...]', 'KEY=VALUE')
    .option('--api-version <version>', 'default: the version that has the action')
    .addHelpText(
      'after',
      '\nExamples:\n  postern call DescribeBackupGatewayList\n  postern call GetDBListFromAgent TaskId=482910573846251 WaitSeconds=20',
    )
    .action(async (action: string, parameters: string[], options: Options) => {
      const client = await createApiClient(options, terminal.env)
      const versions = options.apiVersion === undefined ? Object.keys(PRODUCTS) : [options.apiVersion]
      const answer = await callFirst({ client, action, params: parseParameters(parameters), versions })
      terminal.out(jsonText(answer.body))
      if (!answer.ok) throw apiFailure(answer)
    })
}

/** The server knows which version has an action; one that has not refuses it without any effect. */
async function callFirst(call: {
  client: ApiClient
  action: string
  params: Record<string, string>
  versions: readonly string[]
}): Promise<Answer> {
  const { client, action, params, versions } = call
  let first: Answer | undefined
  for (const version of versions) {
    const answer = await client.call(action, { version, params })
    if (answer.body['Code'] !== 'InvalidAction.NotFound') return answer
    first ??= answer
  }
  if (first === undefined) throw usageError('--api-version must not be empty.')
  return first
}
