import { join } from 'node:path'
import { median } from '../median.ts'
import type { Benchmark, Figure } from '../benchmark.ts'
import { packageCommand, startOnce, type StartCommand, type Started } from '../start/start-once.ts'

const MOST_MS = 500
const CLONE = new URL('../../bin/postern', import.meta.url).pathname

/** What is timed; the first start of a server makes its store, its key and its account. */
const TIMED = [
  { value: 'firstServerMs', name: 'postern server to ready, first start' },
  { value: 'serverMs', name: 'postern server to ready' },
  { value: 'gatewayMs', name: 'postern gateway run to ONLINE' },
] as const

export const start: Benchmark = {
  summary: 'postern server until /readyz says ready, postern gateway run until the server has it ONLINE.',
  mustReach: 'at most 0.5 s each, from a clone and as the package is installed',
  inQuick: false,
  async run({ quick, runs, folder, say }) {
    const commands: StartCommand[] = [{ name: 'clone', file: CLONE, args: [] }]
    if (!quick) commands.push(await packageCommand(join(folder, 'package')))
    const started = new Map<string, Started[]>(commands.map(({ name }) => [name, []]))
    const notes: string[] = []
    for (let run = quick ? 1 : 0; run <= runs; run++) {
      for (const command of run % 2 === 0 ? commands : commands.toReversed()) {
        const one = await startOnce(command, join(folder, `${command.name}-${run}`))
        const times = TIMED.map(({ value, name }) => `${name} ${Math.round(one[value])} ms`).join(', ')
        // Compiled code is not kept yet: what a user sees once after each installation.
        if (run === 0) notes.push(`The very first time, ${command.name}: ${times}.`)
        else started.get(command.name)?.push(one)
        say(`  run ${run}, ${command.name}: ${times}`)
      }
    }
    const bare = [...started.values()].flat().map(({ bareMs }) => bareMs)
    notes.push(`Of this, starting Node with an empty program takes ${Math.round(median(bare))} ms.`)
    const figures = commands.flatMap((command) =>
      TIMED.map(
        ({ value, name }): Figure => ({
          name: `${name}, ${command.name}`,
          unit: 'ms',
          ours: started.get(command.name)?.map((each) => each[value]) ?? [],
          target: { of: 'ours', atMost: MOST_MS },
        }),
      ),
    )
    const processes = commands.flatMap(({ name }) =>
      (['server', 'gateway'] as const).map((process) => {
        const all = started.get(name) ?? []
        const took = { server: 'serverMs', gateway: 'gatewayMs' } as const
        return {
          side: name,
          process,
          seconds: all.map(({ processorMs }) => processorMs[process] / 1000),
          share: median(all.map((each) => each.processorMs[process] / each[took[process]])),
        }
      }),
    )
    return { figures, processes, notes, missing: [] }
  },
}
