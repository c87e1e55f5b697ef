import { createTheme, localStorageColorSchemeManager, MantineProvider, type CSSVariablesResolver } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Router } from 'wouter'
import { retryDelayMs, shallRetry } from './api/use-api.ts'
import { exchangeCode, takeOneUseCode } from './session/one-use-code.ts'
import { NotSecurePage } from './session/not-secure-page.tsx'
import { type Credentials, SessionProvider, useSessionState } from './session/session.tsx'
import { Shell } from './shell/shell.tsx'
import { LanguageProvider } from './texts/texts.tsx'

const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 9, dark: 9 },
  fontFamily: 'system-ui, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif',
  cursorType: 'pointer',
})
/** Dark enough, or light enough, to be read: Mantine's own are a little faint. */
const readableColours: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#495057',
    '--mantine-color-placeholder': '#5c636a',
    '--mantine-color-error': '#a31621',
    '--mantine-color-anchor': '#1864ab',
  },
  dark: {
    '--mantine-color-dimmed': '#ced4da',
    '--mantine-color-placeholder': '#b1b8bf',
    '--mantine-color-error': '#ffa8a8',
    '--mantine-color-anchor': '#74c0fc',
  },
})
const colours = localStorageColorSchemeManager({ key: 'postern.colours' })

/** `arriving`: the answer to the one-use code that the address had, where it had one. */
export function App({ arriving }: { readonly arriving: Promise<Credentials> | undefined }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: { queries: { retry: shallRetry, retryDelay: retryDelayMs, staleTime: 1_000 } },
      }),
  )
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colours}
      cssVariablesResolver={readableColours}
    >
      <LanguageProvider>
        <QueryClientProvider client={queries}>
          {window.isSecureContext ? (
            <SessionProvider>
              <Router base="/console">
                <Arrival arriving={arriving} />
              </Router>
            </SessionProvider>
          ) : (
            <NotSecurePage />
          )}
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>
  )
}

/** Signs in with the one-use code first; also with one that is put into the address of an open console. */
function Arrival({ arriving }: { readonly arriving: Promise<Credentials> | undefined }) {
  const { signIn } = useSessionState()
  const [waits, setWaits] = useState(arriving !== undefined)
  const [refused, setRefused] = useState(false)
  useEffect(() => {
    const arrive = async (credentials: Promise<Credentials>) => {
      try {
        await signIn(await credentials)
        setRefused(false)
      } catch {
        setRefused(true)
      }
      setWaits(false)
    }
    const onHash = () => {
      const code = takeOneUseCode()
      if (code !== undefined) void arrive(exchangeCode(code))
    }
    if (arriving !== undefined) void arrive(arriving)
    window.addEventListener('hashchange', onHash)
    return () => window.removeEventListener('hashchange', onHash)
  }, [arriving, signIn])
  return waits ? null : <Shell codeRefused={refused} />
}
