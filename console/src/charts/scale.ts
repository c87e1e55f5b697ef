export interface Scale {
  at(value: number): number
  readonly ticks: readonly { readonly value: number; readonly at: number }[]
}

const TICKS = 4

/** From 0 to a round number that `most` fits under, laid between two places. */
export function scaleOf({ most, from, to }: { most: number; from: number; to: number }): Scale {
  const step = roundUp(Math.max(most, 1e-9) / TICKS)
  const top = most <= 0 ? 1 : Math.ceil(most / step - 1e-9) * step
  const at = (value: number) => from + (value / top) * (to - from)
  const count = most <= 0 ? 1 : Math.round(top / step)
  const ticks = Array.from({ length: count + 1 }, (_, index) => (top / count) * index)
  return { at, ticks: ticks.map((value) => ({ value, at: at(value) })) }
}

/** 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10)
}
