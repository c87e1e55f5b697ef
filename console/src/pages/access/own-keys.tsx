import { Stack, Text } from '@mantine/core'
import { PageTitle } from '../../components/page-title.tsx'
import { useSession } from '../../session/session.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { ACCESS } from './access-texts.ts'
import { KeyTable } from './key-table.tsx'

export function OwnKeys() {
  const texts = useTexts(ACCESS)
  const { identity } = useSession()
  return (
    <Stack maw={760}>
      <PageTitle title={texts.parts.ownKeys} />
      <Text className="any-text">{texts.ownKeysHelp(identity.Arn)}</Text>
      <KeyTable userName={undefined} />
    </Stack>
  )
}
