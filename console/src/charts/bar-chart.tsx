import { ChartFigure } from './chart-figure.tsx'
import { scaleOf } from './scale.ts'

interface BarChartProps {
  readonly title: string
  /** What is counted. */
  readonly measure: string
  /** What the names are. */
  readonly namesTitle: string
  readonly bars: readonly { readonly name: string; readonly value: number }[]
  readonly format: (value: number) => string
}

const WIDTH = 600
const BAR = 28
const NAMES = 220
const VALUES = 64

/** Bars that lie, since names are long; the same numbers are beneath as a table. */
export function BarChart({ title, measure, namesTitle, bars, format }: BarChartProps) {
  const most = bars.reduce((largest, { value }) => Math.max(largest, value), 0)
  const x = scaleOf({ most, from: NAMES, to: WIDTH - VALUES })
  const table = { head: [measure], rows: bars.map(({ name, value }) => ({ name, values: [format(value)] })) }
  return (
    <ChartFigure title={title} names={[]} table={{ ...table, namesTitle }}>
      <svg viewBox={`0 0 ${WIDTH} ${Math.max(1, bars.length) * BAR}`} role="img" aria-label={title}>
        {bars.map(({ name, value }, index) => (
          <g key={name} transform={`translate(0 ${index * BAR})`}>
            <text x={NAMES - 8} y={BAR / 2 + 4} textAnchor="end" className="chart-text">
              {name.length > 34 ? `${name.slice(0, 33)}…` : name}
            </text>
            <rect x={NAMES} y={5} width={x.at(value) - NAMES} height={BAR - 10} rx={2} className="chart-bar" />
            <text x={x.at(value) + 6} y={BAR / 2 + 4} className="chart-text">
              {format(value)}
            </text>
          </g>
        ))}
      </svg>
    </ChartFigure>
  )
}
