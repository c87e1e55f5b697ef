import { Stack, Text, Title } from '@mantine/core'
import type { SignedRequest } from '../../api/client.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { CodeBlock } from './code-block.tsx'
import { EXPLORER } from './explorer-texts.ts'

/** How the request came to its signature: these are the very texts that were hashed and signed, not made again for show. */
export function SigningSteps({ request }: { readonly request: SignedRequest }) {
  const { signing } = useTexts(EXPLORER)
  const { method, url, headers, body, canonicalRequest, stringToSign, signature } = request
  const { host } = new URL(url)
  const lines = [
    `${method} / HTTP/1.1`,
    `host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  const steps = [
    { ...signing.body, text: body },
    { ...signing.bodyHash, text: headers['x-acs-content-sha256'] ?? '' },
    { ...signing.canonical, text: canonicalRequest },
    { ...signing.toSign, text: stringToSign },
    { ...signing.signature, text: signature },
    { ...signing.sent, text: `${lines.join('\n')}\n\n${body}` },
  ]
  return (
    <ol className="signing-steps">
      {steps.map(({ title, how, text }) => (
        <li key={title}>
          <Stack gap={4}>
            <Title order={3} size="h5">
              {title}
            </Title>
            <Text size="sm">{how}</Text>
            {text === '' ? (
              <Text size="sm" c="dimmed">
                {signing.empty}
              </Text>
            ) : (
              <>
                <CodeBlock label={title} text={text} wrap />
                <div>
                  <CopyButton text={text} label={signing.copy(title)} />
                </div>
              </>
            )}
          </Stack>
        </li>
      ))}
    </ol>
  )
}
