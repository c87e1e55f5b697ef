/** What one run of one side said: figures by their names, and what each process used meanwhile. */
export interface Sample {
  readonly values: Readonly<Record<string, number>>
  /** Processor milliseconds (user and system, all threads) by the name of the process. */
  readonly processorMs: Readonly<Record<string, number>>
  readonly seconds: number
}

/** What a median is held against: of `ours`, of `ours` divided by the peer's, or of `ours` minus the peer's. */
export interface Target {
  readonly of: 'ours' | 'ratio' | 'difference'
  readonly atLeast?: number
  readonly atMost?: number
}

/** One line of the answer: a value of each run, ours and, where there is one, the peer's that was taken in turns with it. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly ours: readonly number[]
  readonly peer?: { readonly name: string; readonly values: readonly number[] }
  /** Left out where the figure only tells more. */
  readonly target?: Target
}

/** Processor seconds of one process in each run of its side. */
export interface ProcessTime {
  readonly side: string
  readonly process: string
  readonly seconds: readonly number[]
  /** Of one processor, at the median; 1 is a whole one. */
  readonly share: number
}

export interface Measured {
  readonly figures: readonly Figure[]
  readonly processes: readonly ProcessTime[]
  /** What one must know to read the figures. */
  readonly notes: readonly string[]
  /** What has to be reached and could not be measured here, and why: it was not reached. What only tells more is a note. */
  readonly missing: readonly string[]
}

export interface RunOptions {
  /** A few seconds and one run: only whether it works. Nothing has to be reached. */
  readonly quick: boolean
  /** Of each side, in turns; at least five in a full run. */
  readonly runs: number
  /** How long a run of a load lasts. */
  readonly seconds: number
  /** Of the same load before the first run, on each side: code that has just been loaded is slow. */
  readonly warmUpSeconds: number
  /** Removed afterwards. */
  readonly folder: string
  /** Where the processes of ours write what they spend their time with (--cpu-prof); it makes them slower. */
  readonly profile?: string
  /** Progress, for people. */
  readonly say: (text: string) => void
}

export interface Benchmark {
  readonly summary: string
  /** In words; the figures carry the numbers. */
  readonly mustReach: string
  /** Whether `--quick` takes it without being asked by name: `npm test` runs those, and each process costs it time. */
  readonly inQuick: boolean
  run(options: RunOptions): Promise<Measured>
}
