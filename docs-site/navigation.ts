export interface NavigationEntry {
  /** From the root of the project. */
  readonly source: string
  /** Below /docs/. */
  readonly path: string
  /** In place of the first heading, where that says too little on its own. */
  readonly title?: string
  /** One line for the first page. */
  readonly about: string
}

export interface NavigationGroup {
  readonly title: string
  readonly entries: readonly NavigationEntry[]
}

const guide = (name: string, about: string): NavigationEntry => ({
  source: `docs/guide/${name}.md`,
  path: `guide/${name}`,
  about,
})
const reference = (name: string, about: string): NavigationEntry => ({
  source: `docs/reference/${name}.md`,
  path: `reference/${name}`,
  about,
})

/** Every page, in the order in which one reads them. */
export const NAVIGATION: readonly NavigationGroup[] = [
  {
    title: 'Begin',
    entries: [
      guide('install', 'From a clone, as an npm package or as a tarball that needs no Node.'),
      guide('first-list', 'One command for a demonstration, or a server, a gateway and a list by hand.'),
      guide('own-databases', 'Three servers of your own, step by step.'),
      guide('console', 'What is in the browser, and why the secret stays there.'),
    ],
  },
  {
    title: 'Databases and networks',
    entries: [
      guide('least-privilege', 'The least that the gateway’s database user needs, for each engine.'),
      guide('tls', 'Certificates of the server, of the databases and of the gateway.'),
      guide('networks', 'Proxies, a company’s own authority, nginx in front, IPv6.'),
      guide('configuration', 'Change a process that runs; passwords from a vault; client certificates.'),
    ],
  },
  {
    title: 'Run it',
    entries: [
      guide('service', 'systemd units, tarballs that need no Node, logs.'),
      guide('operations', 'Accounts, a lost root key, restore, checking the store, keys of gateways.'),
      guide('backup', 'What to keep, how, how often, and how to see that it is good.'),
      guide('upgrade', 'In which order, with which command, and the way back.'),
      guide('monitoring', 'Metrics and alert rules for Prometheus.'),
      guide('audit', 'The audit trail, and how to check it.'),
      guide('troubleshooting', 'What a gateway’s check says, and how to mend it.'),
    ],
  },
  {
    title: 'Several servers',
    entries: [
      guide('shared-store', 'Several servers on one PostgreSQL database.'),
      guide('bus', 'How servers wake each other, over NATS or PostgreSQL.'),
      guide('scaling', 'Load balancer, servers, database and bus; what fails how.'),
    ],
  },
  {
    title: 'Reference',
    entries: [
      reference('api', 'Every action with its parameters, answer, errors and an example.'),
      reference('errors', 'Every error code, and what to do about it.'),
      reference('configuration', 'Every key of the configuration files.'),
      reference('contract', 'The rules of the API, row by row.'),
      reference('compatibility', 'Clients that were tried, and what differs from the original.'),
    ],
  },
  {
    title: 'About',
    entries: [
      { source: 'CHANGELOG.md', path: 'releases', title: 'Release notes', about: 'What is new in each version.' },
      {
        source: 'SECURITY.md',
        path: 'security',
        about: 'What is protected and how, what is not, and where to report.',
      },
    ],
  },
]
