import { Alert, Code, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useRead } from '../../api/use-api.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { ExactTime } from '../../components/exact-time.tsx'
import { Facts } from '../../components/facts.tsx'
import { StatusBadge, type Tone } from '../../components/status-badge.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { GET_STATE, type TrailState } from './audit-actions.ts'
import { AUDIT } from './audit-texts.ts'

/** A check that runs is soon over; after that the server looks again at most once a minute. */
const CHECKING_MS = 2_000
const IDLE_MS = 30_000
const TONES: Readonly<Record<TrailState['State'], Tone>> = { Intact: 'good', Broken: 'bad', Unchecked: 'doubtful' }

/** Whether the trail is as it was written, what to do where it is not, and how to prove it without the server. */
export function TrailVerdict() {
  const texts = useTexts(AUDIT)
  const { data, error, refetch } = useRead(GET_STATE, {
    pollMs: (answer) => (answer === undefined || answer.Checking ? CHECKING_MS : IDLE_MS),
  })
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="verdict">
      <Stack gap="sm">
        <Group gap="sm">
          <Title order={2} size="h4" id="verdict">
            {texts.trail}
          </Title>
          <span role="status">
            {data !== undefined && <StatusBadge tone={TONES[data.State]}>{texts.states[data.State]}</StatusBadge>}
          </span>
          {data?.Checking === true && (
            <Text size="sm" c="dimmed">
              {texts.checking}
            </Text>
          )}
        </Group>
        {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
        {data === undefined && error === null && <Skeleton height={120} />}
        {data !== undefined && <Verdict state={data} />}
      </Stack>
    </Paper>
  )
}

function Verdict({ state }: { readonly state: TrailState }) {
  const texts = useTexts(AUDIT)
  const { FirstSequence: first, LastSequence: last, Head: head } = state
  return (
    <>
      <Text>{texts.means[state.State]}</Text>
      {!state.Writable && (
        <Alert color="red" role="alert">
          {texts.notWritable}
        </Alert>
      )}
      {state.State === 'Broken' && (
        <Alert color="red" role="alert" title={texts.where}>
          <Text className="any-text">{state.Problem}</Text>
          <Text fw={600} mt="sm">
            {texts.whatToDo}
          </Text>
          <ol>
            {texts.mends.map((mend) => (
              <li key={mend}>{mend}</li>
            ))}
          </ol>
        </Alert>
      )}
      <Facts
        facts={[
          [texts.checkedAt, state.CheckedAt && <ExactTime at={state.CheckedAt} />],
          [
            texts.entries,
            state.CheckedEntries === undefined ? undefined : texts.entriesOf(state.CheckedEntries, first, last),
          ],
          [texts.unsigned, state.UnsignedEntries],
        ]}
      />
      <details>
        <summary>{texts.proveIt}</summary>
        <Stack gap="xs" mt="xs">
          <Text size="sm">{texts.proveHelp}</Text>
          <Command text="postern audit verify --data ./postern-data" />
          {head !== undefined && (
            <>
              <Text size="sm">{texts.headHelp}</Text>
              <Command text={`postern audit verify --data ./postern-data --head ${head}`} />
            </>
          )}
        </Stack>
      </details>
    </>
  )
}

function Command({ text }: { readonly text: string }) {
  return (
    <Group gap="xs" align="start">
      <Code className="command">{text}</Code>
      <CopyButton text={text} />
    </Group>
  )
}
