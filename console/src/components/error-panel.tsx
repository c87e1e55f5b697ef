import { Alert, Anchor, Button, Code, Group, Stack, Text } from '@mantine/core'
import { type ApiError, NO_CONNECTION, NOT_POSTERN } from '../api/api-error.ts'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

/** An error as the server told it, with the page about its code. `onAgain` offers another try. */
export function ErrorPanel(props: { readonly error: ApiError; readonly onAgain?: () => void }) {
  const { error, onAgain } = props
  const { error: texts } = useTexts(SHELL)
  const explained =
    error.code === NO_CONNECTION ? texts.noConnection : error.code === NOT_POSTERN ? texts.notPostern : undefined
  return (
    <Alert color="red" role="alert" className="error-panel">
      <Stack gap="xs">
        {explained !== undefined && <Text fw={600}>{explained}</Text>}
        <Text className="any-text">{error.message}</Text>
        <Text size="sm">
          {texts.code}: <Code>{error.code}</Code>
        </Text>
        {error.requestId !== undefined && (
          <Text size="sm">
            {texts.requestId}: <Code>{error.requestId}</Code>
          </Text>
        )}
        <Group>
          {error.recommend !== undefined && isWeb(error.recommend) && (
            <Anchor href={error.recommend} target="_blank" rel="noreferrer" size="sm">
              {texts.recommend}
            </Anchor>
          )}
          {onAgain !== undefined && (
            <Button size="xs" variant="default" onClick={onAgain}>
              {texts.again}
            </Button>
          )}
        </Group>
      </Stack>
    </Alert>
  )
}

const isWeb = (address: string) => URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)
