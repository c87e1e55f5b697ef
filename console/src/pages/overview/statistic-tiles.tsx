import { Anchor, Paper, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useLanguage, useTexts } from '../../texts/texts.tsx'
import { OVERVIEW } from './overview-texts.ts'
import { endedIn, type Statistics } from './statistics.ts'

const STATUSES = ['Offline', 'Conflict', 'Stopped', 'Upgrading'] as const

/** The numbers of now, each a way to what is behind it. */
export function StatisticTiles({ statistics }: { readonly statistics: Statistics }) {
  const texts = useTexts(OVERVIEW)
  const { Gateways: gateways, QueuedTasks: queued, RunningTasks: running } = statistics
  const minutes = statistics.PerMinute.Minute
  const before = minutes.at(-2)
  const ended = minutes.reduce((sum, minute) => sum + endedIn(minute), 0)
  const failed = minutes.reduce((sum, { Failed, TimedOut }) => sum + Failed + TimedOut, 0)
  const others = STATUSES.filter((status) => gateways[status] > 0)
  return (
    <div className="tiles">
      <Tile name={texts.online} value={gateways.Online} href="/gateways?status=ONLINE">
        {texts.ofTotal(gateways.Total)}
        {others.map((status) => (
          <span key={status}>
            {', '}
            <Anchor component={Link} href={`/gateways?status=${status.toUpperCase()}`} size="sm" underline="always">
              {texts.otherStatuses[status](gateways[status])}
            </Anchor>
          </span>
        ))}
      </Tile>
      <Tile name={texts.perMinute} value={before === undefined ? 0 : endedIn(before)} href="/tasks">
        {texts.lastMinute}
      </Tile>
      <Tile name={texts.withoutList} value={failed} href="/tasks?state=Failed%2CTimedOut">
        {texts.share(failed, ended)}
      </Tile>
      <Tile name={texts.running} value={running} href="/tasks?state=Running" />
      <Tile name={texts.waiting} value={queued} href="/tasks?state=Queued" />
    </div>
  )
}

interface TileProps {
  readonly name: string
  readonly value: number
  readonly href: string
  readonly children?: ReactNode
}

function Tile({ name, value, href, children }: TileProps) {
  const { language } = useLanguage()
  return (
    <Paper withBorder p="sm">
      <Anchor component={Link} href={href} size="sm">
        {name}
      </Anchor>
      <Text size="xl" fw={700} className="tile-number">
        {new Intl.NumberFormat(language).format(value)}
      </Text>
      <Text size="sm" c="dimmed" mih={20}>
        {children}
      </Text>
    </Paper>
  )
}
