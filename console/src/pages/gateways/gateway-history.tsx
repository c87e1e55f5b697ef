import { Skeleton, Stack, Text } from '@mantine/core'
import { useRead } from '../../api/use-api.ts'
import { LineChart } from '../../charts/line-chart.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { useLanguage, useTexts } from '../../texts/texts.tsx'
import { GATEWAY_HISTORY } from './gateway-actions.ts'
import { GATEWAYS } from './gateways-texts.ts'

const POLL_MS = 10_000

/** The last hour of the connection, minute by minute. */
export function GatewayHistory({ id }: { readonly id: number }) {
  const texts = useTexts(GATEWAYS)
  const { language } = useLanguage()
  const history = useRead(GATEWAY_HISTORY, { params: { BackupGatewayId: id }, pollMs: POLL_MS })
  const { data } = history
  if (data === undefined) {
    if (history.error !== null) return <ErrorPanel error={history.error} onAgain={() => void history.refetch()} />
    return <Skeleton height={700} />
  }
  const { KnownSince: since } = data
  if (since === undefined) return <Text>{texts.historyNone}</Text>
  const clock = (x: number) => new Date(x).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' })
  // The minute in which it began is not a whole one, but it counts.
  const known = data.PerMinute.Minute.filter(({ Start: start }) => Date.parse(start) > Date.parse(since) - 60_000)
  const points = (value: (minute: (typeof known)[number]) => number | undefined) =>
    known.flatMap((minute) => {
      const y = value(minute)
      return y === undefined ? [] : [{ x: Date.parse(minute.Start), y }]
    })
  const charts = [
    [texts.roundTripChart, points((minute) => minute.RoundTripMs), texts.milliseconds],
    [texts.onlineChart, points((minute) => minute.OnlineSeconds), texts.seconds],
    [texts.runningChart, points((minute) => minute.RunningTasks), String],
  ] as const
  return (
    <Stack>
      {charts.map(([title, all, format]) => (
        <LineChart key={title} title={title} series={[{ name: title, points: all }]} formatX={clock} formatY={format} />
      ))}
    </Stack>
  )
}
