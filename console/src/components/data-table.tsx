import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

export interface Column<R> {
  readonly key: string
  readonly title: string
  /** A width of CSS grid: `minmax(10rem, 2fr)` unless given. */
  readonly width?: string
  readonly render: (row: R) => ReactNode
}

interface TableProps<R> {
  /** Says what is in it. */
  readonly label: string
  readonly columns: readonly Column<R>[]
  readonly rows: readonly R[]
  readonly rowKey: (row: R) => string
  /** By Enter or a click. Where the row has links or buttons, leave it out. */
  readonly onOpen?: (row: R) => void
  /** Most of it that is seen at a time, pixels. */
  readonly height?: number
  /** How many there are in all, where `rows` are a part. */
  readonly total?: number
  /** There are more than `rows`, and they come when one scrolls: `onSeen` says where one is. */
  readonly more?: boolean
  /** The rows that are on the screen, whenever they are others. */
  readonly onSeen?: (first: number, last: number) => void
}

const ROW_PX = 40
const DEFAULT_WIDTH = 'minmax(10rem, 2fr)'

/** Only the rows that are seen are made, so 100,000 are as quick as ten. Arrows, Page Up and Down, Home and End move. */
export function DataTable<R>(props: TableProps<R>) {
  const { label, columns, rows, rowKey, onOpen, height = 480, total = rows.length, more = false, onSeen } = props
  const texts = useTexts(SHELL)
  const id = useId()
  const scroller = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState<{ readonly index: number; readonly key: string }>()
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : rowKey(row)
    },
  })
  // The same row stays the chosen one when others come before it.
  const active = useMemo(() => {
    if (chosen === undefined) return -1
    const row = rows[chosen.index]
    if (row !== undefined && rowKey(row) === chosen.key) return chosen.index
    return rows.findIndex((each) => rowKey(each) === chosen.key)
  }, [rows, rowKey, chosen])
  const choose = (index: number) => {
    const row = rows[index]
    setChosen(row && { index, key: rowKey(row) })
  }
  const { startIndex: first = 0, endIndex: last = 0 } = virtual.range ?? {}
  useEffect(() => onSeen?.(first, last), [onSeen, first, last])

  const seen = Math.max(1, Math.floor(height / ROW_PX) - 2)
  const onKeyDown = (event: KeyboardEvent) => {
    const end = rows.length - 1
    const row = rows[active]
    if (event.key === 'Enter' && event.target === event.currentTarget && row !== undefined) return onOpen?.(row)
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + seen,
      PageUp: active - seen,
      Home: 0,
      End: end,
    }
    const to = moves[event.key]
    if (to === undefined || end < 0 || event.target !== event.currentTarget) return undefined
    event.preventDefault()
    const next = Math.max(0, Math.min(end, to))
    choose(next)
    return virtual.scrollToIndex(next)
  }

  const items = virtual.getVirtualItems()
  const widths = columns.map(({ width = DEFAULT_WIDTH }) => width)
  const template = { gridTemplateColumns: widths.join(' ') }
  // Head and rows have the same width, whatever is in them: so their columns stand under each other.
  const minWidth = `calc(${widths.map(leastOf).join(' + ')})`
  const activeSeen = items.some(({ index }) => index === active)
  return (
    <div className="data-table">
      {/* The place that scrolls is the one that the keys reach. */}
      <div
        ref={scroller}
        className="data-table-scroll"
        style={{ maxHeight: height }}
        role="grid"
        aria-label={label}
        aria-rowcount={more ? -1 : rows.length + 1}
        aria-activedescendant={activeSeen ? `${id}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" className="data-table-head" style={{ minWidth }}>
          <div role="row" aria-rowindex={1} className="data-table-row" style={template}>
            {columns.map(({ key, title }) => (
              <div role="columnheader" key={key}>
                {title}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="data-table-body" style={{ height: virtual.getTotalSize(), minWidth }}>
          {items.map(({ index, key, start }) => {
            const row = rows[index]
            if (row === undefined) return null
            return (
              <div
                role="row"
                key={key}
                id={`${id}-${index}`}
                aria-rowindex={index + 2}
                aria-selected={index === active}
                className="data-table-row"
                data-opens={onOpen !== undefined || undefined}
                style={{ ...template, transform: `translateY(${start}px)` }}
                onClick={() => {
                  choose(index)
                  onOpen?.(row)
                }}
              >
                {columns.map((column) => (
                  <div role="gridcell" key={column.key}>
                    {column.render(row)}
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      </div>
      <p className="data-table-count" aria-live="polite">
        {more ? texts.rowsSoFar(rows.length) : rows.length === 0 ? texts.noRows : texts.rows(rows.length, total)}
      </p>
    </div>
  )
}

/** `10rem` of `minmax(10rem, 2fr)`, and nothing of a share. */
const leastOf = (width: string) => /\d+(\.\d+)?(rem|px|em|ch)/.exec(width)?.[0] ?? '0px'
