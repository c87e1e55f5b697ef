import { Alert, Button, Container, Paper, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ApiError } from '../api/api-error.ts'
import { ErrorPanel } from '../components/error-panel.tsx'
import { PageTitle } from '../components/page-title.tsx'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'
import { useSessionState } from './session.tsx'

export function SignInPage({ codeRefused }: { readonly codeRefused: boolean }) {
  const texts = useTexts(SHELL)
  const { signIn, ended } = useSessionState()
  const [accessKeyId, setAccessKeyId] = useState('')
  const [secret, setSecret] = useState('')
  const [securityToken, setSecurityToken] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const temporary = accessKeyId.trim().startsWith('STS.')

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      const token = securityToken.trim()
      await signIn({
        accessKeyId: accessKeyId.trim(),
        secret: secret.trim(),
        ...(temporary && token !== '' && { securityToken: token }),
      })
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause
      setError(cause)
      setBusy(false)
    }
  }

  return (
    <Container size="xs" px={0}>
      <Stack>
        <PageTitle title={texts.signIn} />
        {ended !== undefined && <Alert role="status">{texts.ended[ended]}</Alert>}
        {codeRefused && (
          <Alert color="yellow" role="alert">
            {texts.codeRefused}
          </Alert>
        )}
        <Text>{texts.signInIntro}</Text>
        <Paper withBorder p="lg">
          <form onSubmit={(event) => void submit(event)} autoComplete="off">
            <Stack>
              <TextInput
                label={texts.accessKeyId}
                value={accessKeyId}
                onChange={({ currentTarget }) => setAccessKeyId(currentTarget.value)}
                required
                maxLength={128}
                autoComplete="off"
                spellCheck={false}
                autoCapitalize="none"
              />
              <PasswordInput
                label={texts.secret}
                value={secret}
                onChange={({ currentTarget }) => setSecret(currentTarget.value)}
                required
                maxLength={256}
                autoComplete="off"
                visibilityToggleButtonProps={{ 'aria-label': texts.showSecret }}
              />
              {temporary && (
                <TextInput
                  label={texts.securityToken}
                  description={texts.securityTokenHelp}
                  value={securityToken}
                  onChange={({ currentTarget }) => setSecurityToken(currentTarget.value)}
                  required
                  maxLength={512}
                  autoComplete="off"
                  spellCheck={false}
                />
              )}
              <Button type="submit" loading={busy}>
                {texts.signIn}
              </Button>
            </Stack>
          </form>
        </Paper>
        {error !== undefined && <ErrorPanel error={error} />}
        <details>
          <summary>{texts.whereFrom}</summary>
          <Text mt="xs">{texts.whereFromAnswer}</Text>
        </details>
      </Stack>
    </Container>
  )
}
