import { Table } from '@mantine/core'
import type { ReactNode } from 'react'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

export interface ChartTable {
  /** Of the first column; times unless it says something else. */
  readonly namesTitle?: string
  readonly head: readonly string[]
  readonly rows: readonly { readonly name: string; readonly values: readonly string[] }[]
}

interface FigureProps {
  readonly title: string
  /** Of the lines, where there is more than one. */
  readonly names: readonly string[]
  readonly table: ChartTable
  readonly children: ReactNode
}

/** A picture with its title, and its numbers for whoever cannot see it or wants them exactly. */
export function ChartFigure({ title, names, table, children }: FigureProps) {
  const texts = useTexts(SHELL)
  return (
    <figure className="chart">
      <figcaption>
        {title}
        {names.length > 1 && (
          <ul className="chart-legend">
            {names.map((name, index) => (
              <li key={name} data-series={index}>
                {name}
              </li>
            ))}
          </ul>
        )}
      </figcaption>
      {children}
      <details>
        <summary>{texts.chartAsTable}</summary>
        <div className="chart-table" tabIndex={0} role="region" aria-label={title}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{table.namesTitle ?? texts.chartTime}</Table.Th>
                {table.head.map((name) => (
                  <Table.Th key={name}>{name}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {table.rows.map(({ name, values }) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row">{name}</Table.Th>
                  {values.map((value, index) => (
                    <Table.Td key={table.head[index] ?? index}>{value}</Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </details>
    </figure>
  )
}
