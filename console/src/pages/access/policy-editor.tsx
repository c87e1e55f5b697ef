import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useId, useRef } from 'react'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { ACCESS } from './access-texts.ts'
import type { PolicyCheck } from './policy-check.ts'

interface EditorProps {
  readonly label: string
  readonly text: string
  readonly check: PolicyCheck
  /** Left out: the text can only be read. */
  readonly onChange?: (text: string) => void
}

/** A text field with the numbers of the lines, in which the first fault of a policy is marked where it stands. */
export function PolicyEditor({ label, text, check, onChange }: EditorProps) {
  const texts = useTexts(ACCESS)
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const problem = check.state === 'wrong' ? check.problem : undefined
  const lines = text.split('\n').length
  const pretty = prettyJson(text)
  const goToProblem = () => {
    if (problem === undefined) return
    field.current?.focus()
    field.current?.setSelectionRange(problem.Start, Math.max(problem.End, problem.Start))
  }
  return (
    <Stack gap="xs">
      <label htmlFor={id} className="policy-editor-label">
        {label}
      </label>
      <div className="policy-editor" data-wrong={problem !== undefined || undefined}>
        <div className="policy-editor-lines" aria-hidden>
          {Array.from({ length: lines }, (_, index) => (
            <span key={index} data-wrong={index + 1 === problem?.Line || undefined}>
              {index + 1}
            </span>
          ))}
        </div>
        <div className="policy-editor-text">
          <pre aria-hidden>
            <Marked text={text} problem={problem} />
            {'\n'}
          </pre>
          <textarea
            ref={field}
            id={id}
            value={text}
            onChange={({ currentTarget }) => onChange?.(currentTarget.value)}
            readOnly={onChange === undefined}
            wrap="off"
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            aria-invalid={problem !== undefined}
            aria-describedby={`${id}-check`}
          />
        </div>
      </div>
      {onChange !== undefined && (
        <Group gap="sm" mih={34}>
          <Text
            size="sm"
            id={`${id}-check`}
            role="status"
            className="policy-check"
            data-state={check.state}
            component="div"
          >
            {check.state === 'wrong'
              ? texts.wrongAt(check.problem.Line, check.problem.Column, texts.fault(check.problem))
              : texts.checks[check.state]}
          </Text>
          {problem !== undefined && (
            <Anchor component="button" type="button" size="sm" onClick={goToProblem}>
              {texts.goThere}
            </Anchor>
          )}
          {pretty !== undefined && pretty !== text && (
            <Button size="xs" variant="default" onClick={() => onChange(pretty)}>
              {texts.format}
            </Button>
          )}
        </Group>
      )}
      {check.state === 'failed' && <ErrorPanel error={check.error} />}
    </Stack>
  )
}

function Marked({ text, problem }: { readonly text: string; readonly problem: EditorProblem | undefined }) {
  if (problem === undefined) return text
  // What is missing has no length: the place itself is marked.
  const end = Math.max(problem.End, problem.Start + 1)
  const wrong = text.slice(problem.Start, end)
  return (
    <>
      {text.slice(0, problem.Start)}
      <mark>{wrong === '' || wrong === '\n' ? ` ${wrong}` : wrong}</mark>
      {text.slice(end)}
    </>
  )
}

type EditorProblem = Extract<PolicyCheck, { state: 'wrong' }>['problem']

/** Undefined where it is no JSON. */
export function prettyJson(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return JSON.stringify(parsed, null, 2)
  } catch {
    return undefined
  }
}
