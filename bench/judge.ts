import type { Figure, Target } from './benchmark.ts'
import { median, spread } from './median.ts'

/** A figure with what is made of its runs. */
export interface Judged extends Figure {
  readonly oursMedian: number
  readonly peerMedian?: number
  /** Ours divided by the peer's: of the medians, and of each pair of runs the least and the largest. */
  readonly ratio?: number
  readonly ratioSpread?: readonly [number, number]
  /** Ours minus the peer's. */
  readonly difference?: number
  /** Undefined where nothing had to be reached. */
  readonly reached?: boolean
}

export function judge(figure: Figure): Judged {
  const { ours, peer, target } = figure
  const oursMedian = median(ours)
  if (peer === undefined) {
    return { ...figure, oursMedian, ...(target !== undefined && { reached: isReached(target, oursMedian) }) }
  }
  const peerMedian = median(peer.values)
  const ratio = oursMedian / peerMedian
  const difference = oursMedian - peerMedian
  const ratioSpread = spread(ours.map((value, run) => value / (peer.values[run] ?? Number.NaN)))
  const held = target && { ours: oursMedian, ratio, difference }[target.of]
  return {
    ...figure,
    oursMedian,
    peerMedian,
    ratio,
    ratioSpread,
    difference,
    ...(target !== undefined && held !== undefined && { reached: isReached(target, held) }),
  }
}

/** What is no number was not reached. */
function isReached({ atLeast = -Infinity, atMost = Infinity }: Target, value: number): boolean {
  return value >= atLeast && value <= atMost
}
