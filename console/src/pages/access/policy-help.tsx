import { Code } from '@mantine/core'
import { Facts } from '../../components/facts.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { ACCESS } from './access-texts.ts'

const ELEMENTS = ['Version', 'Effect', 'Action', 'Resource', 'Condition'] as const

/** The language of policies in a few lines. */
export function PolicyHelp() {
  const texts = useTexts(ACCESS)
  return (
    <details>
      <summary>{texts.languageOfPolicies}</summary>
      <Facts facts={ELEMENTS.map((name) => [name, <span key={name}>{texts.elements[name]}</span>])} />
      <Code block mt="xs" tabIndex={0}>
        {EXAMPLE}
      </Code>
    </details>
  )
}

const EXAMPLE = `{
  "Version": "1",
  "Statement": [
    { "Effect": "Allow", "Action": ["dbs:*", "postern:ListTasks"], "Resource": "acs:*:eu-1:*:*" },
    { "Effect": "Deny", "Action": "*", "Resource": "*",
      "Condition": { "NotIpAddress": { "acs:SourceIp": "10.0.0.0/8" } } }
  ]
}`
