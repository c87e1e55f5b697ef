import { Alert, Anchor, Button, Code, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import { isOpen } from '../../api/tasks.ts'
import { useChange, useRead } from '../../api/use-api.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { StatusBadge, type Tone } from '../../components/status-badge.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { DatabaseNames } from './database-names.tsx'
import { CANCEL_TASK, TASK, type Task } from './discover-actions.ts'
import { DISCOVER } from './discover-texts.ts'
import { StepLadder } from './step-ladder.tsx'

const POLL_MS = 500
const LADDER_PX = 400

const TONES: Readonly<Record<string, Tone>> = {
  Queued: 'quiet',
  Running: 'busy',
  Succeeded: 'good',
  Failed: 'bad',
  TimedOut: 'bad',
  Cancelled: 'doubtful',
}

/** One task, from its way to the gateway to the list or to what went wrong. */
export function TaskRun({ id }: { readonly id: string }) {
  const texts = useTexts(DISCOVER)
  const cancel = useChange(CANCEL_TASK, { changes: ['GetTask', 'ListTasks'] })
  const task = useRead(TASK, {
    params: { TaskId: id },
    pollMs: (answer) => (answer === undefined || isOpen(answer) ? POLL_MS : false),
  })
  if (task.data === undefined) {
    if (task.error !== null) return <ErrorPanel error={task.error} onAgain={() => void task.refetch()} />
    return <Skeleton height={LADDER_PX} />
  }
  const { data } = task
  const endpoint = [data.SourceEndpointIP, data.SourceEndpointPort].filter((part) => part !== undefined).join(':')
  const state = texts.states[data.TaskStatus] ?? data.TaskStatus
  return (
    <Stack component="section" aria-label={texts.task(id)}>
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={2} size="h3">
            {data.DatabaseType} {endpoint}
          </Title>
          <span role="status">
            <StatusBadge tone={TONES[data.TaskStatus] ?? 'quiet'}>{state}</StatusBadge>
          </span>
        </Group>
        {isOpen(data) && (
          <Button variant="default" size="xs" loading={cancel.isPending} onClick={() => cancel.mutate({ TaskId: id })}>
            {texts.cancel}
          </Button>
        )}
      </Group>
      {cancel.error !== null && <ErrorPanel error={cancel.error} />}
      <StepLadder task={data} />
      <TaskEnding task={data} />
      {data.TaskStatus === 'Succeeded' && <DatabaseNames id={id} />}
    </Stack>
  )
}

/** Why there is no list, or why it may not be whole. */
export function TaskEnding({ task }: { readonly task: Task }) {
  const texts = useTexts(DISCOVER)
  const { Failure: failure, Visibility: visibility, Warnings: warnings } = task
  if (failure !== undefined) {
    return (
      <Alert color="red" role="alert" title={texts.failed(failure.Code)}>
        <Stack gap="xs">
          <Text className="any-text">{failure.Message}</Text>
          {failure.Mend !== undefined && (
            <Text className="any-text">
              {texts.mend}: {failure.Mend}
            </Text>
          )}
          <Anchor component={Link} href={`/errors/${failure.Code}`}>
            {texts.aboutCode}
          </Anchor>
        </Stack>
      </Alert>
    )
  }
  if (task.TaskStatus === 'Cancelled') return <Alert role="status">{texts.cancelled}</Alert>
  if (visibility === undefined) return null
  if (visibility === 'complete' && warnings?.Warning.length === 0) return <Text>{texts.complete}</Text>
  const title = visibility === 'complete' ? texts.complete : visibility === 'partial' ? texts.partial : texts.unknown
  return (
    <Alert color="yellow" role="status" title={title}>
      <Stack gap="sm">
        {warnings?.Warning.map(({ Code: code, Message: message, Grant: grant }) => (
          <div key={`${code} ${message}`}>
            <Text className="any-text">{message}</Text>
            {grant !== undefined && (
              <>
                <Text mt="xs">{texts.grant}</Text>
                <Code block tabIndex={0} my="xs">
                  {grant}
                </Code>
                <CopyButton text={grant} label={texts.copyGrant} />
              </>
            )}
          </div>
        ))}
      </Stack>
    </Alert>
  )
}
