import { type LazyPage, lazyPage } from './shell/lazy-page.tsx'

export type PageName = 'overview' | 'discover' | 'gateways' | 'tasks' | 'access' | 'audit' | 'explorer' | 'errors'

export interface PageProps {
  /** What of the address is behind the page's own path, decoded: `['7']` of /tasks/7. */
  readonly rest: readonly string[]
}

export interface Page {
  /** Names it in the texts too. */
  readonly name: PageName
  /** Below /console; what is below it is the page's own. */
  readonly path: string
  readonly page: LazyPage
  /** Shown to whoever has not signed in, too. */
  readonly open?: true
}

/** The one list of pages, in the order of the navigation. Each comes when it is opened, or soon after the first paint. */
export const PAGES: readonly Page[] = [
  {
    name: 'overview',
    path: '/',
    page: lazyPage(async () => (await import('./pages/overview/overview-page.tsx')).OverviewPage),
  },
  {
    name: 'discover',
    path: '/discover',
    page: lazyPage(async () => (await import('./pages/discover/discover-page.tsx')).DiscoverPage),
  },
  {
    name: 'gateways',
    path: '/gateways',
    page: lazyPage(async () => (await import('./pages/gateways/gateways-page.tsx')).GatewaysPage),
  },
  {
    name: 'tasks',
    path: '/tasks',
    page: lazyPage(async () => (await import('./pages/tasks/tasks-page.tsx')).TasksPage),
  },
  {
    name: 'access',
    path: '/access',
    page: lazyPage(async () => (await import('./pages/access/access-page.tsx')).AccessPage),
  },
  {
    name: 'audit',
    path: '/audit',
    page: lazyPage(async () => (await import('./pages/audit/audit-page.tsx')).AuditPage),
  },
  {
    name: 'explorer',
    path: '/explorer',
    page: lazyPage(async () => (await import('./pages/explorer/explorer-page.tsx')).ExplorerPage),
    open: true,
  },
  {
    name: 'errors',
    path: '/errors',
    page: lazyPage(async () => (await import('./pages/errors/errors-page.tsx')).ErrorsPage),
    open: true,
  },
]
