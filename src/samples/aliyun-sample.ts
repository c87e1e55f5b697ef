import { READ_TASK, type SampleRequest, type Template } from './sample-request.ts'
import { commandLine, createThenWait, scriptHead } from './shell-script.ts'
import { shellWord } from './shell-word.ts'

/** The tool refuses versions that it has not heard of, even forced, but only of products that it knows: so one that it does not. */
const PRODUCT = 'postern'

export const aliyunSample: Template = {
  title: 'aliyun CLI',
  file: 'sample.sh',
  write(request) {
    const { wait, parameters } = request
    const create = command(request, request.action, parameters.map(flag))
    const head = scriptHead('Needs the aliyun CLI, version 3.')
    if (wait === undefined) return `${head}\n${create}\n`
    const read = command(request, READ_TASK, ['--TaskId="$task"', `--WaitSeconds=${wait.seconds}`])
    return `${head}\n${createThenWait(create, { read, wait })}`
  },
}

/** A value that follows its name at once may begin with a hyphen. An empty one must not follow at once. */
const flag = ([name, value]: readonly [string, string]) =>
  value === '' ? `--${name} ''` : `--${name}=${shellWord(value)}`

function command(request: SampleRequest, action: string, flags: readonly string[]): string {
  const { version, host, scheme } = request
  return commandLine([
    `aliyun ${PRODUCT} ${action} --force --version ${version}`,
    `--endpoint ${shellWord(host)} --${scheme === 'http' ? 'insecure' : 'secure'}`,
    '--region default --read-timeout 40 --method POST',
    ...flags,
  ])
}
