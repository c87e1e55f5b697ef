import { Anchor, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { CREATE_TASK, isOpen } from '../../api/tasks.ts'
import { useChange, useRead } from '../../api/use-api.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { ExactTime } from '../../components/exact-time.tsx'
import { Facts } from '../../components/facts.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { StepLadder } from '../discover/step-ladder.tsx'
import { TaskEnding } from '../discover/task-run.tsx'
import { CANCEL_TASK, endpointOf, GET_TASK, STATE_TONES, type TaskDetails } from './task-actions.ts'
import { TaskDatabases } from './task-databases.tsx'
import { TASKS } from './tasks-texts.ts'
import { VerifySignature } from './verify-signature.tsx'

const OPEN_MS = 1_000
/** The signature is checked by the server a moment later. */
const UNCHECKED_MS = 2_000

/** Everything about one task, as it happens. */
export function TaskDetailsView({ id }: { readonly id: string }) {
  const texts = useTexts(TASKS)
  const task = useRead(GET_TASK, { params: { TaskId: id }, pollMs: pollMsOf })
  const { data } = task
  return (
    <Stack>
      <Anchor component={Link} href="/tasks">
        ← {texts.back}
      </Anchor>
      <PageTitle title={texts.task(id)}>{data !== undefined && <TaskButtons task={data} />}</PageTitle>
      {task.error !== null && <ErrorPanel error={task.error} onAgain={() => void task.refetch()} />}
      {data === undefined && task.error === null && <Skeleton height={600} />}
      {data !== undefined && <TaskBody task={data} />}
    </Stack>
  )
}

function pollMsOf(task: TaskDetails | undefined): number | false {
  if (task === undefined) return false
  if (isOpen(task) || task.Attempts.Attempt.some(({ End: end }) => end === undefined)) return OPEN_MS
  return task.ResultSignature === 'unchecked' ? UNCHECKED_MS : false
}

function TaskButtons({ task }: { readonly task: TaskDetails }) {
  const texts = useTexts(TASKS)
  const [, navigate] = useLocation()
  const [asks, setAsks] = useState(false)
  const [clientToken, setClientToken] = useState(() => crypto.randomUUID())
  const cancel = useChange(CANCEL_TASK, { changes: ['GetTask', 'ListTasks'] })
  const again = useChange(CREATE_TASK, { changes: ['ListTasks'] })
  const runAgain = async () => {
    const { BackupGatewayId, DatabaseType, SourceEndpointIP, SourceEndpointPort } = task
    // Where the answer is lost, the next press does not make a second task.
    const params = { BackupGatewayId, DatabaseType, SourceEndpointIP, SourceEndpointPort, ClientToken: clientToken }
    const created = await again.mutateAsync(params).catch(() => undefined)
    if (created === undefined) return
    setClientToken(crypto.randomUUID())
    navigate(`/tasks/${created.TaskId}`)
  }
  return (
    <>
      {isOpen(task) ? (
        <Button color="red" onClick={() => setAsks(true)}>
          {texts.cancel}
        </Button>
      ) : (
        <Button loading={again.isPending} onClick={() => void runAgain()}>
          {texts.runAgain}
        </Button>
      )}
      {again.error !== null && <ErrorPanel error={again.error} />}
      <ConfirmDialog
        title={texts.cancelTitle}
        action={texts.cancel}
        isOpen={asks && isOpen(task)}
        isBusy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate({ TaskId: task.TaskId }, { onSuccess: () => setAsks(false) })}
        onClose={() => setAsks(false)}
      >
        <Text>{texts.cancelText}</Text>
      </ConfirmDialog>
    </>
  )
}

function TaskBody({ task }: { readonly task: TaskDetails }) {
  const texts = useTexts(TASKS)
  return (
    <>
      <Group gap="sm" role="status">
        <StatusBadge tone={STATE_TONES[task.TaskStatus]}>{texts.states[task.TaskStatus]}</StatusBadge>
        <Text fw={600}>
          {task.DatabaseType} {endpointOf(task)}
        </Text>
      </Group>
      <TaskEnding task={task} />
      <div className="two-columns">
        <section>
          <StepLadder task={task} />
        </section>
        <section>
          <Title order={2} size="h4">
            {texts.facts}
          </Title>
          <TaskFacts task={task} />
        </section>
      </div>
      <section>
        <Title order={2} size="h4">
          {texts.attempts}
        </Title>
        <Attempts task={task} />
      </section>
      {task.TaskStatus === 'Succeeded' && <TaskDatabases id={String(task.TaskId)} />}
      <VerifySignature task={task} />
    </>
  )
}

function TaskFacts({ task }: { readonly task: TaskDetails }) {
  const texts = useTexts(TASKS)
  const { Visibility: visibility, DatabaseCount: count } = task
  const server = [task.ServerProduct, task.ServerVersion, task.ServerRole === 'unknown' ? undefined : task.ServerRole]
  return (
    <Facts
      facts={[
        [
          texts.gateway,
          <Anchor key="gateway" component={Link} href={`/gateways/${task.BackupGatewayId}`}>
            {task.BackupGatewayId}
          </Anchor>,
        ],
        [texts.region, task.Region],
        [texts.created, time(task.CreatedAt)],
        [texts.createdBy, task.CreatedBy],
        [texts.accepted, time(task.AcceptedAt)],
        [texts.deliveryDeadline, task.TaskStatus === 'Queued' ? time(task.DeliveryDeadline) : undefined],
        [texts.executionDeadline, task.TaskStatus === 'Running' ? time(task.ExecutionDeadline) : undefined],
        [texts.ended, time(task.EndedAt)],
        [texts.cancelledBy, task.CancelledBy],
        [texts.server, server.filter((part) => part !== undefined).join(' ')],
        [texts.databaseCount, count === undefined ? undefined : texts.withSystem(count)],
        [texts.visibility, visibility === undefined ? undefined : (texts.visibilities[visibility] ?? visibility)],
        [texts.collected, time(task.CollectedAt)],
      ]}
    />
  )
}

function Attempts({ task }: { readonly task: TaskDetails }) {
  const texts = useTexts(TASKS)
  const attempts = task.Attempts.Attempt
  if (attempts.length === 0) return <Text>{texts.noAttempt}</Text>
  return (
    <ol className="plain-list">
      {attempts.map(({ Number: number, SessionEpoch, StartedAt, EndedAt, End, Late: late }) => (
        <li key={number}>
          <strong>{texts.attempt(number)}</strong> ({texts.session(SessionEpoch)}), {texts.started}{' '}
          <ExactTime at={StartedAt} />
          {EndedAt !== undefined && ` (${texts.milliseconds(Date.parse(EndedAt) - Date.parse(StartedAt))})`}:{' '}
          {texts.attemptEnds[End ?? 'running'] ?? End}
          {late !== undefined && <Text>{texts.late(late.DatabaseCount)}</Text>}
        </li>
      ))}
    </ol>
  )
}

const time = (at: string | undefined) => (at === undefined ? undefined : <ExactTime at={at} />)
