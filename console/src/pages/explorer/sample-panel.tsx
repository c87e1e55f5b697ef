import { Alert, Checkbox, Group, Stack, Tabs, Text } from '@mantine/core'
import { useState } from 'react'
import {
  canWaitForList,
  isSampleLanguage,
  sampleCode,
  type SampleLanguage,
  TEMPLATES,
} from '../../../../src/samples/sample-code.ts'
import { SampleError } from '../../../../src/samples/sample-request.ts'
import { useLocation } from 'wouter'
import { CopyButton } from '../../components/copy-button.tsx'
import { DownloadButton } from '../../components/download-button.tsx'
import { useTexts } from '../../texts/texts.tsx'
import type { Action } from './action-catalogue.ts'
import { CodeBlock } from './code-block.tsx'
import type { CodeLanguage } from './code-tokens.ts'
import { EXPLORER } from './explorer-texts.ts'

const LANGUAGES = Object.keys(TEMPLATES).filter(isSampleLanguage)
const COLOURS: Readonly<Record<SampleLanguage, CodeLanguage>> = {
  curl: 'shell',
  aliyun: 'shell',
  node: 'javascript',
  python: 'python',
  go: 'go',
  java: 'java',
  postern: 'shell',
}

interface SampleProps {
  readonly action: Action
  /** Those that are sent. */
  readonly values: Readonly<Record<string, string>>
}

/** The call of the form as a whole program, for the server that the console came from. */
export function SamplePanel({ action, values }: SampleProps) {
  const { sample: texts } = useTexts(EXPLORER)
  const [address, navigate] = useLocation()
  // /explorer/ACTION/LANGUAGE; what is none of the languages is the first of them.
  const language = address.split('/')[3]
  const [waits, setWaits] = useState(false)
  const chosen = language !== undefined && isSampleLanguage(language) ? language : 'curl'
  const { title, file } = TEMPLATES[chosen]
  const waitForList = waits && canWaitForList(action)
  const code = written(action, { language: chosen, parameters: values, endpoint: location.origin, waitForList })
  const assumed = action.parameters.filter(({ name, required }) => required && values[name] === undefined)
  return (
    <Tabs
      value={chosen}
      onChange={(to) => navigate(`/explorer/${action.name}/${to}`, { replace: true })}
      keepMounted={false}
    >
      <Tabs.List aria-label={texts.languages}>
        {LANGUAGES.map((each) => (
          <Tabs.Tab key={each} value={each}>
            {TEMPLATES[each].title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {LANGUAGES.map((each) => (
        <Tabs.Panel key={each} value={each} pt="sm">
          <Stack gap="xs">
            {canWaitForList(action) && (
              <Checkbox
                label={texts.wait}
                checked={waits}
                onChange={({ currentTarget }) => setWaits(currentTarget.checked)}
              />
            )}
            {assumed.length > 0 && <Text size="sm">{texts.assumed(assumed.map(({ name }) => name).join(', '))}</Text>}
            {code instanceof SampleError ? (
              <Alert color="yellow">{code.message}</Alert>
            ) : (
              <>
                <CodeBlock label={texts.label(title)} text={code} language={COLOURS[chosen]} />
                <Group gap="xs">
                  <CopyButton text={code} label={texts.copy} />
                  <DownloadButton fileName={file} type="text/plain" content={() => code} label={texts.download(file)} />
                </Group>
              </>
            )}
            <Text size="sm">{texts.key}</Text>
          </Stack>
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

function written(action: Action, options: Parameters<typeof sampleCode>[1]): string | SampleError {
  try {
    return sampleCode(action, options)
  } catch (error) {
    if (error instanceof SampleError) return error
    throw error
  }
}
