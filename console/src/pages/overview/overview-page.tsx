import { Anchor, Group, NativeSelect, Skeleton, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useRead } from '../../api/use-api.ts'
import { BarChart } from '../../charts/bar-chart.tsx'
import { LineChart } from '../../charts/line-chart.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useLanguage, useTexts } from '../../texts/texts.tsx'
import { OVERVIEW } from './overview-texts.ts'
import { ENDED_STATES, endedIn, type Minute, STATISTICS, type Statistics } from './statistics.ts'
import { StatisticTiles } from './statistic-tiles.tsx'

const POLL_MS = 5_000
/** Minutes are still counted: the answer says that it is worth to ask again soon. */
const COUNTING_MS = 1_000
const RANGES = [30, 60, 180]

/** How it goes in the account, at a glance. */
export function OverviewPage() {
  const texts = useTexts(OVERVIEW)
  const { pages } = useTexts(SHELL)
  const [minutes, setMinutes] = useState(60)
  const statistics = useRead(STATISTICS, {
    params: { Minutes: minutes },
    pollMs: (answer) => (answer?.Complete === false ? COUNTING_MS : POLL_MS),
  })
  const { data, error } = statistics
  return (
    <Stack>
      <PageTitle title={pages.overview}>
        <NativeSelect
          aria-label={texts.range}
          value={String(minutes)}
          onChange={({ currentTarget }) => setMinutes(Number(currentTarget.value))}
          data={RANGES.map((value) => ({ value: String(value), label: texts.minutes(value) }))}
        />
      </PageTitle>
      {error !== null && <ErrorPanel error={error} onAgain={() => void statistics.refetch()} />}
      {data === undefined && error === null && <Skeleton height={700} />}
      {data !== undefined && (
        <>
          <StatisticTiles statistics={data} />
          {data.Gateways.Total === 0 && (
            <EmptyState what={texts.noGateways}>
              <Text>{texts.noGatewaysHelp}</Text>
              <Anchor component={Link} href="/gateways/enrol">
                {texts.enrol}
              </Anchor>
            </EmptyState>
          )}
          {data.Gateways.Total > 0 && <Charts statistics={data} />}
          <Text size="sm" c="dimmed" role="status" mih={22}>
            {data.Complete ? '' : texts.counting}
          </Text>
        </>
      )}
    </Stack>
  )
}

function Charts({ statistics }: { readonly statistics: Statistics }) {
  const texts = useTexts(OVERVIEW)
  const { language } = useLanguage()
  const clock = (x: number) => new Date(x).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' })
  const number = (value: number) => new Intl.NumberFormat(language).format(value)
  const minutes = statistics.PerMinute.Minute
  const points = (value: (minute: Minute) => number | undefined) =>
    minutes.flatMap((minute) => {
      const y = value(minute)
      return y === undefined ? [] : [{ x: Date.parse(minute.Start), y }]
    })
  if (minutes.every((minute) => endedIn(minute) === 0)) {
    return (
      <EmptyState what={texts.noTasks}>
        <Anchor component={Link} href="/discover">
          {texts.discover}
        </Anchor>
      </EmptyState>
    )
  }
  const { p50, p90, p99 } = texts.percentiles
  const failures = statistics.Failures.Failure.map(({ Code: name, Count: value }) => ({ name, value }))
  const others = statistics.OtherFailures
  const bars = others === 0 ? failures : [...failures, { name: texts.otherCodes, value: others }]
  return (
    <div className="two-columns">
      <LineChart
        title={texts.ended}
        series={ENDED_STATES.map((state) => ({ name: texts.states[state], points: points((minute) => minute[state]) }))}
        formatX={clock}
        formatY={number}
      />
      <LineChart
        title={texts.latency}
        series={[
          { name: p50, points: points((minute) => minute.LatencyP50Ms) },
          { name: p90, points: points((minute) => minute.LatencyP90Ms) },
          { name: p99, points: points((minute) => minute.LatencyP99Ms) },
        ]}
        formatX={clock}
        formatY={texts.milliseconds}
      />
      {bars.length === 0 ? (
        <Text>{texts.noFailures}</Text>
      ) : (
        <Stack gap="xs">
          <BarChart
            title={texts.failures}
            measure={texts.failuresCount}
            namesTitle={texts.failuresName}
            bars={bars}
            format={number}
          />
          <Group gap="sm">
            {failures.map(({ name }) => (
              <Anchor key={name} component={Link} href={`/errors/${encodeURIComponent(name)}`} size="sm">
                {name}
              </Anchor>
            ))}
          </Group>
        </Stack>
      )}
    </div>
  )
}
