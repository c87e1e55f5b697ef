import { inspect } from 'node:util'
import type { TestEvent as RunnerEvent } from 'node:test/reporters'
import type { TestEvent } from './test-event.ts'

type Ended = Extract<RunnerEvent, { type: 'test:pass' | 'test:fail' }>

/** A reporter for `node --test-reporter`: one JSON object a line. Node takes a reporter from the default export only. */
// oxlint-disable-next-line import/no-default-export
export default async function* eventReporter(source: AsyncIterable<RunnerEvent>): AsyncGenerator<string> {
  const titles: string[] = []
  for await (const event of source) {
    if (event.type === 'test:dequeue' && event.data.type !== 'suite') {
      yield line({ kind: 'started', title: event.data.name })
    } else if (event.type === 'test:start') {
      titles[event.data.nesting] = event.data.name
    } else if (event.type === 'test:diagnostic' && event.data.nesting > 0) {
      // At the outermost level Node tells its own counts.
      yield line({ kind: 'note', text: event.data.message })
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      const ended = describe(event, titles.slice(0, event.data.nesting + 1).join(' › '))
      if (ended !== undefined) yield line(ended)
    }
  }
}

function describe(event: Ended, title: string): TestEvent | undefined {
  const { data } = event
  const exempt = data.skip ?? data.todo
  if (exempt !== undefined && exempt !== false) {
    const word = data.skip === undefined ? 'todo' : 'no reason given'
    return { kind: 'skipped', title, reason: typeof exempt === 'string' && exempt !== '' ? exempt : word }
  }
  const isSuite = data.details.type === 'suite'
  if (event.type === 'test:pass') return isSuite ? undefined : { kind: 'passed', title }
  const failure = event.data.details.error
  const inside = 'failureType' in failure && failure.failureType === 'subtestsFailed'
  if (isSuite && inside) return undefined
  const place = data.file === undefined ? '' : `${data.file}:${data.line ?? 0}`
  return { kind: 'failed', title, place, error: inside ? '' : describeError(failure) }
}

/** The runner wraps what the test threw; the frames of Node itself say nothing about the test. */
function describeError(failure: Error): string {
  const thrown = failure.cause ?? failure
  const text = typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 6, breakLength: 120 })
  return text
    .split('\n')
    .filter((each) => !/^\s+at .*\(?node:/.test(each))
    .join('\n')
}

function line(event: TestEvent): string {
  return `${JSON.stringify(event)}\n`
}
