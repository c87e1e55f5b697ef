import { type ComponentType, lazy, useState } from 'react'
import type { PageProps } from '../routes.tsx'

export interface LazyPage {
  readonly Component: ComponentType<PageProps>
  /** Loads it before it is opened. Where that fails, opening it tries again. */
  readonly preload: () => Promise<void>
}

/** A page in a file of its own. */
export function lazyPage(load: () => Promise<ComponentType<PageProps>>): LazyPage {
  let loaded: ComponentType<PageProps> | undefined
  const Later = lazy(async () => {
    loaded = await load()
    return { default: loaded }
  })
  return {
    async preload() {
      try {
        loaded ??= await load()
      } catch {
        // Said when it is opened.
      }
    },
    Component(props) {
      // React shows a fallback for 300 ms at least: a page that is here is shown without one.
      const [Page] = useState(() => loaded ?? Later)
      return <Page {...props} />
    },
  }
}
