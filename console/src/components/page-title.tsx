import { Group, Title } from '@mantine/core'
import { createContext, type ReactNode, useContext, useEffect, useRef } from 'react'

/** Whether the person has gone somewhere since the console was loaded. Before that the focus stays with the browser. */
export const MovedContext = createContext(false)

/** The heading of a page. It takes the focus when the page is opened, so that a screen reader says where one is. */
export function PageTitle({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  const moved = useContext(MovedContext)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Postern`
  }, [title])
  useEffect(() => {
    // Not where the person is at work already.
    if (moved && (document.activeElement === document.body || isNavigation())) heading.current?.focus()
  }, [title, moved])
  return (
    <Group justify="space-between" align="center" mih={42}>
      <Title order={1} size="h2" ref={heading} tabIndex={-1} className="page-title">
        {title}
      </Title>
      {children !== undefined && <Group gap="xs">{children}</Group>}
    </Group>
  )
}

const isNavigation = () => document.activeElement?.closest('nav, header') !== null
