import { Anchor, AppShell, Burger, Group, NavLink, Skeleton, Text, VisuallyHidden } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Suspense, useEffect, useState } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { MovedContext } from '../components/page-title.tsx'
import { type Page, PAGES } from '../routes.tsx'
import { SignInPage } from '../session/sign-in-page.tsx'
import { useSessionState } from '../session/session.tsx'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'
import { AccountMenu } from './account-menu.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import { PageBoundary } from './page-boundary.tsx'
import { Preferences } from './preferences.tsx'

const HEADER_PX = 56
const NAVIGATION_PX = 220
/** After the first paint. */
const PRELOAD_MS = 100

/** What is around every page. */
export function Shell({ codeRefused }: { readonly codeRefused: boolean }) {
  const texts = useTexts(SHELL)
  const [open, { toggle, close }] = useDisclosure(false)
  const [location] = useLocation()
  useEffect(close, [location, close])
  useEffect(preloadPages, [])
  const { session } = useSessionState()
  const place = `${location} ${session?.accessKeyId}`
  const [first] = useState(place)
  const [moved, setMoved] = useState(false)
  useEffect(() => {
    if (place !== first) setMoved(true)
  }, [place, first])
  return (
    <AppShell
      header={{ height: HEADER_PX }}
      navbar={{ width: NAVIGATION_PX, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding="md"
      transitionDuration={0}
    >
      <a href="#main" className="skip-link" onClick={toMain}>
        {texts.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-expanded={open}
              aria-label={open ? texts.closeMenu : texts.openMenu}
            />
            <Text fw={700} size="lg">
              {texts.product}
            </Text>
            <Text size="sm" c="dimmed" visibleFrom="sm" truncate>
              <VisuallyHidden>{texts.server}: </VisuallyHidden>
              {window.location.host}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Anchor href="/docs/" size="sm" visibleFrom="sm">
              {texts.help}
            </Anchor>
            <Preferences />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={texts.menu}>
        {PAGES.map((page) => (
          <NavLink
            key={page.name}
            component={Link}
            href={page.path}
            label={texts.pages[page.name]}
            active={isAt(page, location)}
            aria-current={isAt(page, location) ? 'page' : undefined}
          />
        ))}
        <NavLink component="a" href="/docs/" label={texts.help} hiddenFrom="sm" />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <MovedContext value={moved}>
          <Switch>
            {PAGES.map((page) => (
              <Route key={page.name} path={page.path === '/' ? '/' : `${page.path}/*?`}>
                <OnePage page={page} codeRefused={codeRefused} />
              </Route>
            ))}
            <Route>
              <NotFoundPage />
            </Route>
          </Switch>
        </MovedContext>
      </AppShell.Main>
    </AppShell>
  )
}

function OnePage({ page, codeRefused }: { readonly page: Page; readonly codeRefused: boolean }) {
  const { session } = useSessionState()
  const [location] = useLocation()
  if (session === undefined && page.open === undefined) return <SignInPage codeRefused={codeRefused} />
  const { Component } = page.page
  const rest = location.slice(page.path.length).split('/').filter(Boolean).map(decoded)
  return (
    <PageBoundary key={page.name}>
      <Suspense fallback={<PageSkeleton />}>
        <Component rest={rest} />
      </Suspense>
    </PageBoundary>
  )
}

/** One after the other, so that no page waits for its file when it is opened. */
function preloadPages(): () => void {
  const abort = new AbortController()
  const preload = async () => {
    for (const { page } of PAGES) if (!abort.signal.aborted) await page.preload()
  }
  const timer = setTimeout(() => void preload(), PRELOAD_MS)
  return () => {
    clearTimeout(timer)
    abort.abort()
  }
}

/** As high as a page that has begun, so that nothing jumps. */
function PageSkeleton() {
  const texts = useTexts(SHELL)
  return (
    <div aria-busy="true">
      <VisuallyHidden role="status">{texts.loading}</VisuallyHidden>
      <Skeleton height={42} width="40%" mb="md" />
      <Skeleton height={240} />
    </div>
  )
}

const isAt = ({ path }: Page, location: string) =>
  location === path || (path !== '/' && location.startsWith(`${path}/`))

/** Without the fragment, which is for the one-use code. */
function toMain(event: { preventDefault(): void }): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#main')?.focus()
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
