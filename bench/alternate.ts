import type { Sample } from './benchmark.ts'

export interface Side {
  readonly name: string
  run(): Promise<Sample>
}

/** Takes the sides in turns, so that whatever else the machine does falls on all alike; who goes first changes too. */
export async function alternate(
  sides: readonly Side[],
  { runs, say }: { readonly runs: number; readonly say: (text: string) => void },
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(sides.map(({ name }) => [name, []]))
  for (let run = 0; run < runs; run++) {
    for (const side of run % 2 === 0 ? sides : sides.toReversed()) {
      const sample = await side.run()
      samples.get(side.name)?.push(sample)
      const values = Object.entries(sample.values).map(([name, value]) => `${name} ${value.toPrecision(4)}`)
      say(`  run ${run + 1}, ${side.name}: ${values.join(', ')}`)
    }
  }
  return samples
}

/** One value of each run. */
export const valuesOf = (samples: readonly Sample[] | undefined, name: string): readonly number[] =>
  (samples ?? []).map(({ values }) => values[name] ?? Number.NaN)
