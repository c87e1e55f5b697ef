import type { Command } from 'commander'
import { nearestName } from '../base/nearest-name.ts'
import { canWaitForList, isSampleLanguage, sampleCode, TEMPLATES } from '../samples/sample-code.ts'
import { type SampleAction, SampleError } from '../samples/sample-request.ts'
import { choiceOption } from './choice-option.ts'
import { usageError } from './exit-code.ts'
import { parseParameters } from './parse-parameters.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly lang: string
  readonly param?: readonly string[]
  readonly endpoint?: string
  readonly wait?: true
}

export function addSampleCommand(program: Command, terminal: Terminal): void {
  program
    .command('sample')
    .summary('print code that calls an action, in one of several languages')
    .description(
      'Prints a whole program that makes the call and prints its answer. It reads the AccessKey from ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET; nothing is sent now. Parameters that are needed and not given have an example.',
    )
    .argument('<action>', 'for example GetDBListFromAgent; docs/reference/api.md has all')
    .addOption(choiceOption('--lang <language>', 'language', Object.keys(TEMPLATES)).makeOptionMandatory())
    .option('--param <key=value>', 'parameter of the call, again for each', (given, all?: readonly string[]) => [
      ...(all ?? []),
      given,
    ])
    .option('--endpoint <url>', 'address of the server (default: POSTERN_ENDPOINT, else http://127.0.0.1:7070)')
    .option('--wait', 'of CreateGetDBListFromAgentTask: also wait for the list')
    .addHelpText(
      'after',
      '\nExamples:\n  postern sample ListTasks --lang curl\n  postern sample GetDBListFromAgent --lang python --param TaskId=482910573846251 --param WaitSeconds=20\n  postern sample CreateGetDBListFromAgentTask --lang go --wait --endpoint https://postern.example.net',
    )
    .action(async (name: string, options: Options) => {
      terminal.out(await sampleOf(name, options, terminal.env['POSTERN_ENDPOINT']))
    })
}

async function sampleOf(name: string, options: Options, usualEndpoint: string | undefined): Promise<string> {
  const { lang, param = [], wait = false } = options
  const action = await declaredAction(name)
  const parameters = parseParameters(param)
  const known = action.parameters.map((each) => each.name)
  for (const key of Object.keys(parameters)) {
    if (!known.includes(key)) throw usageError(`${action.name} has no parameter ${key}. ${hint(key, known)}`)
  }
  if (wait && !canWaitForList(action)) throw usageError(`${action.name} starts nothing that --wait could wait for.`)
  if (!isSampleLanguage(lang)) throw usageError(`There is no language ${lang}.`)
  const endpoint = options.endpoint ?? (usualEndpoint || 'http://127.0.0.1:7070')
  try {
    return sampleCode(action, { language: lang, parameters, endpoint, waitForList: wait })
  } catch (error) {
    if (error instanceof SampleError) throw usageError(error.message)
    throw error
  }
}

/** Read when it is asked for: the declarations are a large part of a start. */
async function declaredAction(name: string): Promise<SampleAction> {
  const { documentedActions } = await import('../api/documented-actions.ts')
  const { parametersOf } = await import('../api/action-fields.ts')
  const actions = documentedActions()
  const found = actions.find((action) => action.name.toLowerCase() === name.toLowerCase())
  if (found !== undefined) return { name: found.name, version: found.version, parameters: parametersOf(found) }
  const names = actions.map((action) => action.name)
  throw usageError(`There is no action ${name}. ${hint(name, names)}`)
}

function hint(given: string, names: readonly string[]): string {
  const near = nearestName(given, names)
  return near === undefined ? `There are ${names.join(', ')}.` : `Did you mean ${near}?`
}
