import { Alert, Anchor, Group, Stack, Text } from '@mantine/core'
import { useMemo } from 'react'
import { Link } from 'wouter'
import { CopyButton } from '../../components/copy-button.tsx'
import { DownloadButton } from '../../components/download-button.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { answerErrorCode } from './answer-error.ts'
import { CodeBlock } from './code-block.tsx'
import { EXPLORER } from './explorer-texts.ts'
import { prettyAnswer } from './pretty-answer.ts'
import type { Outcome } from './use-run.ts'

/** A list of a million names would stop the page. */
const MOST_SHOWN = 300_000
const REQUEST_ID = 'x-acs-request-id'
/** Those that tell something of the answer; the others are the same for every answer. */
const HEADERS = ['content-type', 'content-length', 'date', 'cache-control', 'x-acs-retry-after', REQUEST_ID]

export function AnswerView({ outcome }: { readonly outcome: Outcome }) {
  const { answer: texts } = useTexts(EXPLORER)
  if (outcome.kind === 'failed') return <ErrorPanel error={outcome.error} />
  if (outcome.kind === 'stopped') return <Alert>{texts.stopped}</Alert>
  return <Answered {...outcome} />
}

function Answered({ status, text, headers, ms, language }: Extract<Outcome, { kind: 'answered' }>) {
  const { answer: texts } = useTexts(EXPLORER)
  const pretty = useMemo(() => prettyAnswer(text, language), [text, language])
  const code = useMemo(() => answerErrorCode(text, language), [text, language])
  const requestId = headers.get(REQUEST_ID)
  const seen = HEADERS.flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <StatusBadge
          tone={status >= 400 ? 'bad' : code === undefined ? 'good' : 'doubtful'}
        >{`HTTP ${status}`}</StatusBadge>
        <Text size="sm">{texts.took(Math.round(ms))}</Text>
        {requestId !== null && (
          <Text size="sm" className="any-text">
            RequestId: <code>{requestId}</code>
          </Text>
        )}
      </Group>
      {code !== undefined && (
        <Text size="sm">
          <Anchor component={Link} href={`/errors/${encodeURIComponent(code)}${about(requestId)}`}>
            {texts.explain(code)}
          </Anchor>
        </Text>
      )}
      <CodeBlock label={texts.body} text={pretty.slice(0, MOST_SHOWN)} language={language} />
      {pretty.length > MOST_SHOWN && <Text size="sm">{texts.cut(MOST_SHOWN)}</Text>}
      <Group gap="xs">
        <CopyButton text={pretty} label={texts.copy} />
        <DownloadButton
          fileName={`answer.${language}`}
          type={language === 'json' ? 'application/json' : 'text/xml'}
          content={() => text}
        />
      </Group>
      <details>
        <summary>{texts.headers}</summary>
        <CodeBlock label={texts.headers} text={seen.map(([name, value]) => `${name}: ${value}`).join('\n')} wrap />
      </details>
    </Stack>
  )
}

const about = (requestId: string | null) => (requestId === null ? '' : `?requestId=${encodeURIComponent(requestId)}`)
