import {
  Anchor,
  Button,
  Group,
  Modal,
  Paper,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  Title,
  VisuallyHidden,
} from '@mantine/core'
import {
  type FormEvent,
  lazy,
  memo,
  type ReactNode,
  Suspense,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { Link } from 'wouter'
import { PageTitle } from '../../components/page-title.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useSessionState } from '../../session/session.tsx'
import { useTexts } from '../../texts/texts.tsx'
import type { Action } from './action-catalogue.ts'
import { AnswerView } from './answer-view.tsx'
import { checkValue, spelled } from './check-value.ts'
import { Declared } from './declared.tsx'
import { EXPLORER } from './explorer-texts.ts'
import { ParameterField } from './parameter-field.tsx'
import { SigningSteps } from './signing-steps.tsx'
import { useRun } from './use-run.ts'

/** The generator and its templates come when a page needs them. */
const SamplePanel = lazy(async () => ({ default: (await import('./sample-panel.tsx')).SamplePanel }))

export type Values = Readonly<Record<string, string>>
const FORMATS = ['JSON', 'XML']

interface ViewProps {
  readonly action: Action
  readonly values: Values
  readonly onValues: (action: string, values: Values) => void
  readonly onSignIn: () => void
}

/** Not made again for another language of the sample. */
export const ActionView = memo(OneAction)

function OneAction({ action, values, onValues, onSignIn }: ViewProps) {
  const texts = useTexts(EXPLORER)
  const { session } = useSessionState()
  const [format, setFormat] = useState('JSON')
  const [judged, setJudged] = useState<ReadonlySet<string>>(new Set())
  const [attempts, setAttempts] = useState(0)
  const [asks, setAsks] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const formatLabel = useId()

  const given = useMemo(() => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')), [values])
  const sound = action.parameters.every(
    (parameter) => checkValue(parameter, values[parameter.name] ?? '') === undefined,
  )
  const params = sound ? { ...given, ...(format !== 'JSON' && { Format: format }) } : undefined
  const { shown, outcome, busy, run, stop } = useRun({ client: session?.client, action, params })

  // Whoever chose it may have been far down the list. Browsers differ in what it returns, so nothing of it is returned.
  useEffect(() => {
    window.scrollTo(0, 0)
  }, [])
  // The first field that has a fault, once it is marked.
  useEffect(() => {
    if (attempts > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [attempts])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setJudged(new Set(action.parameters.map(({ name }) => name)))
    if (!sound) setAttempts((before) => before + 1)
    else if (action.mutates) setAsks(true)
    else void run()
  }
  const fill = () => {
    const needed = action.parameters.filter(({ name, required }) => required && (values[name] ?? '') === '')
    onValues(action.name, {
      ...values,
      ...Object.fromEntries(needed.map(({ name, example }) => [name, spelled(example)])),
    })
  }
  const removes = action.access === 'delete'
  return (
    <Stack gap="lg">
      <div>
        <Anchor component={Link} href="/explorer" size="sm" className="all-actions">
          ← {texts.allActions}
        </Anchor>
        <PageTitle title={action.name} />
        <Text mb="xs">
          <Declared text={action.summary} />
        </Text>
        <Group gap="xs">
          <StatusBadge tone={removes ? 'bad' : action.mutates ? 'doubtful' : 'good'}>
            {removes ? texts.removes : action.mutates ? texts.changes : texts.reads}
          </StatusBadge>
          <StatusBadge tone="quiet">{texts.version(action.version)}</StatusBadge>
        </Group>
      </div>
      <Section title={texts.parameters}>
        <form ref={form} onSubmit={submit} noValidate autoComplete="off">
          <Stack>
            {action.parameters.length === 0 ? (
              <Text size="sm">{texts.noParameters}</Text>
            ) : (
              <>
                {action.parameters.map((parameter) => (
                  <ParameterField
                    key={parameter.name}
                    parameter={parameter}
                    value={values[parameter.name] ?? ''}
                    onChange={(value) => onValues(action.name, { ...values, [parameter.name]: value })}
                    judged={judged.has(parameter.name)}
                    onLeave={() => setJudged((before) => new Set([...before, parameter.name]))}
                  />
                ))}
                <Group gap="xs">
                  <Button size="xs" variant="default" onClick={fill}>
                    {texts.fill}
                  </Button>
                  <Button size="xs" variant="default" onClick={() => onValues(action.name, {})}>
                    {texts.clear}
                  </Button>
                </Group>
              </>
            )}
            <Group gap="xs">
              <Text size="sm" id={formatLabel}>
                {texts.format}
              </Text>
              <SegmentedControl
                size="xs"
                name="Format"
                data={FORMATS}
                value={format}
                onChange={setFormat}
                transitionDuration={0}
                aria-labelledby={formatLabel}
              />
            </Group>
            <Group>
              {session === undefined ? (
                <Button onClick={onSignIn}>{texts.signInToRun}</Button>
              ) : (
                <Button
                  type="submit"
                  color={removes ? 'red' : 'blue'}
                  {...(busy && { 'data-disabled': true })}
                  aria-disabled={busy}
                >
                  {texts.run(action.name)}
                </Button>
              )}
              {busy && (
                <Button variant="default" onClick={stop}>
                  {texts.stop}
                </Button>
              )}
            </Group>
          </Stack>
        </form>
      </Section>
      <VisuallyHidden role="status">
        {busy ? texts.running : outcome?.kind === 'answered' ? texts.answered(outcome.status) : ''}
      </VisuallyHidden>
      {outcome !== undefined && (
        <Section title={texts.answer.title}>
          <AnswerView outcome={outcome} />
        </Section>
      )}
      <Section title={texts.sample.title}>
        <Suspense fallback={<Skeleton height={420} />}>
          <SamplePanel action={action} values={given} />
        </Suspense>
      </Section>
      <Section title={texts.signing.title}>
        {session === undefined ? (
          <Text size="sm">{texts.signing.needsKey}</Text>
        ) : shown === undefined ? (
          <Text size="sm">{texts.signing.needsValues}</Text>
        ) : (
          <>
            <Text size="sm">{shown.sent ? texts.signing.wasSent : texts.signing.willBeSent}</Text>
            <SigningSteps request={shown.request} />
          </>
        )}
      </Section>
      <Section title={texts.errors}>
        <details>
          <summary>{texts.errorsOf(action.errors.length)}</summary>
          <ul className="action-errors">
            {action.errors.map((code) => (
              <li key={code}>
                <Anchor component={Link} href={`/errors/${encodeURIComponent(code)}`}>
                  {code}
                </Anchor>
              </li>
            ))}
          </ul>
        </details>
      </Section>
      <Modal
        opened={asks}
        onClose={() => setAsks(false)}
        title={texts.ask.title(action.name)}
        transitionProps={{ duration: 0 }}
        closeButtonProps={{ 'aria-label': texts.ask.cancel }}
      >
        <Stack>
          <Text>{removes ? texts.ask.removes : texts.ask.changes}</Text>
          {Object.keys(given).length > 0 && (
            <div>
              <Text size="sm">{texts.ask.values}</Text>
              <dl className="asked-values">
                {Object.entries(given).map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd className="any-text">{value}</dd>
                  </div>
                ))}
              </dl>
            </div>
          )}
          <Group>
            <Button
              data-autofocus={removes ? undefined : true}
              color={removes ? 'red' : 'blue'}
              onClick={() => {
                setAsks(false)
                void run()
              }}
            >
              {texts.ask.run}
            </Button>
            <Button variant="default" data-autofocus={removes || undefined} onClick={() => setAsks(false)}>
              {texts.ask.cancel}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  )
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const id = useId()
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={id}>
      <Stack gap="sm">
        <Title order={2} size="h4" id={id}>
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  )
}
