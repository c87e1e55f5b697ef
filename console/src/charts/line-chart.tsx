import { ChartFigure, type ChartTable } from './chart-figure.tsx'
import { scaleOf } from './scale.ts'

export interface Series {
  readonly name: string
  /** By `x`, ms since 1970; what is not known is left out. */
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

interface LineChartProps {
  readonly title: string
  readonly series: readonly Series[]
  readonly formatX: (x: number) => string
  readonly formatY: (y: number) => string
}

const WIDTH = 600
const HEIGHT = 200
const LEFT = 56
const BOTTOM = 24
const TOP = 8
const RIGHT = 8

/** Lines over time; the same numbers are beneath as a table. */
export function LineChart({ title, series, formatX, formatY }: LineChartProps) {
  const all = series.flatMap(({ points }) => points)
  const xs = all.map(({ x }) => x)
  const [first, last] = [minOf(xs), maxOf(xs)]
  const y = scaleOf({ most: maxOf(all.map((point) => point.y)), from: HEIGHT - BOTTOM, to: TOP })
  const xOf = (x: number) => LEFT + ((x - first) / Math.max(1, last - first)) * (WIDTH - LEFT - RIGHT)
  const times = [...new Set(xs)].toSorted((a, b) => a - b)
  const table: ChartTable = {
    head: series.map(({ name }) => name),
    rows: times.map((time) => ({
      name: formatX(time),
      values: series.map(({ points }) => {
        const point = points.find(({ x }) => x === time)
        return point === undefined ? '' : formatY(point.y)
      }),
    })),
  }
  return (
    <ChartFigure title={title} names={series.map(({ name }) => name)} table={table}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
        {y.ticks.map(({ value, at }) => (
          <g key={value}>
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={at} y2={at} className="chart-grid" />
            <text x={LEFT - 6} y={at + 4} textAnchor="end" className="chart-text">
              {formatY(value)}
            </text>
          </g>
        ))}
        {times.length > 0 && (
          <>
            <text x={LEFT} y={HEIGHT - 6} className="chart-text">
              {formatX(first)}
            </text>
            <text x={WIDTH - RIGHT} y={HEIGHT - 6} textAnchor="end" className="chart-text">
              {formatX(last)}
            </text>
          </>
        )}
        {series.map(({ name, points }, index) => (
          <g key={name}>
            <polyline
              className="chart-line"
              data-series={index}
              points={points.map((point) => `${xOf(point.x).toFixed(1)},${y.at(point.y).toFixed(1)}`).join(' ')}
            />
            {/* One point alone makes no line. */}
            {points.length === 1 &&
              points.map((point) => (
                <circle
                  key={point.x}
                  className="chart-dot"
                  data-series={index}
                  cx={xOf(point.x)}
                  cy={y.at(point.y)}
                  r={4}
                />
              ))}
          </g>
        ))}
      </svg>
    </ChartFigure>
  )
}

const minOf = (values: readonly number[]) => values.reduce((least, each) => Math.min(least, each), values[0] ?? 0)
const maxOf = (values: readonly number[]) => values.reduce((most, each) => Math.max(most, each), values[0] ?? 0)
