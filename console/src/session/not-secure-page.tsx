import { Code, Container, List, Stack, Text } from '@mantine/core'
import { CopyButton } from '../components/copy-button.tsx'
import { PageTitle } from '../components/page-title.tsx'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

const LOCAL_PORT = 17070

/** Over plain HTTP off loopback browsers have no cryptography: said instead of failing later. */
export function NotSecurePage() {
  const { notSecure } = useTexts(SHELL)
  const { hostname, port } = location
  const tunnel = `ssh -N -L ${LOCAL_PORT}:127.0.0.1:${port === '' ? '80' : port} ${hostname}`
  const address = `http://127.0.0.1:${LOCAL_PORT}/console/`
  return (
    <Container size="sm" component="main" py="xl">
      <Stack>
        <PageTitle title={notSecure.title} />
        <Text>{notSecure.why}</Text>
        <Text component="h2" fw={600}>
          {notSecure.what}
        </Text>
        <List spacing="md">
          <List.Item>{notSecure.tls}</List.Item>
          <List.Item>
            {notSecure.tunnel}
            <Code block my="xs" tabIndex={0}>
              {tunnel}
            </Code>
            <CopyButton text={tunnel} />
            <Text mt="xs">{notSecure.openThen}</Text>
            <Code>{address}</Code>
          </List.Item>
        </List>
      </Stack>
    </Container>
  )
}
