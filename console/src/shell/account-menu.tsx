import { Button, Menu, Text } from '@mantine/core'
import { useSessionState } from '../session/session.tsx'
import { SHELL } from '../texts/shell-texts.ts'
import { useLanguage, useTexts } from '../texts/texts.tsx'

/** Who has signed in, for how long, and the way out. */
export function AccountMenu() {
  const texts = useTexts(SHELL)
  const { language } = useLanguage()
  const { session, signOut } = useSessionState()
  if (session === undefined) return null
  const { identity, accessKeyId, expiresAt } = session
  const until = expiresAt === undefined ? undefined : new Date(expiresAt).toLocaleTimeString(language)
  return (
    <Menu width={280} position="bottom-end">
      <Menu.Target>
        <Button variant="default" size="xs">
          {texts.account}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label component="div">
          <Text size="sm" c="var(--mantine-color-text)">
            {texts.account}: {identity.AccountId}
          </Text>
          <Text size="xs" className="any-text">
            {texts.signedInAs(identity.Arn)}
          </Text>
          <Text size="xs" className="any-text">
            {accessKeyId}
            {until !== undefined && `, ${texts.until(until)}`}
          </Text>
        </Menu.Label>
        <Menu.Item onClick={() => signOut('signedOut')}>{texts.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
