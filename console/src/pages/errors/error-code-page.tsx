import { Anchor, Code, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { Link, useSearchParams } from 'wouter'
import { CopyButton } from '../../components/copy-button.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { describedAs, type ErrorDescription, useErrorCodes } from './error-codes.ts'
import { ERRORS } from './errors-texts.ts'

/** What one code means, where it comes from, and what to do. `answered`: as a program got it. */
export function ErrorCodePage({ answered }: { readonly answered: string }) {
  const texts = useTexts(ERRORS)
  const [given] = useSearchParams()
  const { data, error, refetch } = useErrorCodes()
  const found = data && describedAs(data, answered)
  return (
    <Stack maw={760}>
      <PageTitle title={answered}>
        <Anchor component={Link} href="/errors">
          {texts.back}
        </Anchor>
      </PageTitle>
      {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton height={320} />}
      {data !== undefined && found === undefined && <EmptyState what={texts.unknown}>{texts.unknownHelp}</EmptyState>}
      {found !== undefined && (
        <Description found={found} answered={answered} requestId={given.get('requestId') ?? undefined} />
      )}
    </Stack>
  )
}

function Description(props: {
  readonly found: ErrorDescription
  readonly answered: string
  readonly requestId: string | undefined
}) {
  const { found, answered, requestId } = props
  const texts = useTexts(ERRORS)
  const { meaning, mend, message, status, group, actions, code } = found
  return (
    <>
      <section aria-labelledby="meaning">
        <Title order={2} size="h4" id="meaning">
          {texts.meaning}
        </Title>
        <Text>{meaning}</Text>
      </section>
      <section aria-labelledby="mend">
        <Title order={2} size="h4" id="mend">
          {texts.mend}
        </Title>
        <Text className="any-text">{mend}</Text>
      </section>
      <section aria-labelledby="cause">
        <Title order={2} size="h4" id="cause">
          {texts.cause}
        </Title>
        <Text>{texts.causes[group]}</Text>
        {actions.length > 0 && (
          <Text className="any-text">
            {texts.actions}: {actions.join(', ')}
          </Text>
        )}
      </section>
      <Facts
        facts={[
          [texts.httpStatus, status],
          [texts.message, <Code key="message">{message}</Code>],
          [texts.entry, code === answered ? undefined : <Code key="entry">{code}</Code>],
          [
            'RequestId',
            requestId && (
              <Group key="id" gap="xs">
                <Code className="command">{requestId}</Code>
                <CopyButton text={requestId} />
              </Group>
            ),
          ],
        ]}
      />
      {requestId !== undefined && <Text size="sm">{texts.requestIdHelp}</Text>}
    </>
  )
}
