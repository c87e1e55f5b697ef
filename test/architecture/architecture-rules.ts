import { posix } from 'node:path'
import { type ModuleFacts, readModules } from './module-facts.ts'
import type { SourceTree } from './source-tree.ts'

/** One line each: where, what, and the rule that it breaks. */
export type Violations = readonly string[]

const EVERYTHING = 'everything'

/** Which folder of src/ may import from which; its own files always. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | typeof EVERYTHING>> = {
  base: [],
  model: ['base'],
  engines: ['model', 'base'],
  link: ['model', 'base'],
  store: ['model', 'base'],
  bus: ['model', 'base'],
  audit: ['model', 'base'],
  access: ['model', 'base', 'store'],
  fleet: ['model', 'base', 'store', 'bus', 'link'],
  tasks: ['model', 'base', 'store', 'bus', 'fleet'],
  api: ['model', 'base', 'access', 'fleet', 'tasks', 'audit'],
  admin: ['model', 'base', 'store', 'access', 'audit'],
  gateway: ['model', 'base', 'link', 'engines'],
  samples: [],
  cli: EVERYTHING,
}

const DRIVERS = new Set([
  'ioredis',
  'mariadb',
  'mongodb',
  'mssql',
  'mysql2',
  'oracledb',
  'pg',
  'postgres',
  'redis',
  'tedious',
])
const VAGUE_NAMES = new Set(['index', 'utils', 'util', 'helpers', 'helper', 'common', 'misc'])
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/
const MOST_LINES = 300
/** Node takes a reporter of test results from the default export only. */
const DEFAULT_EXPORT_ALLOWED = new Set(['scripts/test/event-reporter.ts'])
/** The folder beside the checkout that the plans lie in; nobody who clones has it. */
const PLANS = 'shared'

export const RULES = {
  'the import rule': importRule,
  'the console knows the public API only': consoleRule,
  'samples can be loaded by a browser': browserRule,
  'drivers are loaded on first use': driverRule,
  'no default export': defaultExportRule,
  'names can be guessed': nameRule,
  'no file in src/ is longer than 300 lines': lengthRule,
  'ARCHITECTURE.md lists the folders of src/': folderRule,
  'nothing points outside the checkout': outsideRule,
} satisfies Record<string, (tree: SourceTree) => Violations>

function importRule(tree: SourceTree): Violations {
  return readModules(under('src', tree)).flatMap(({ path, imports }) => {
    const from = folderOf(path)
    const allowed = MAY_IMPORT[from]
    if (allowed === undefined)
      return [`${path}: src/${from}/ is not in the import rule; give it a line in MAY_IMPORT and in ARCHITECTURE.md`]
    return imports.flatMap(({ specifier, target, line }) => {
      if (!specifier.startsWith('.')) return []
      const to = target.startsWith('src/') ? folderOf(target) : undefined
      if (to === from || (to !== undefined && (allowed === EVERYTHING || allowed.includes(to)))) return []
      const may = allowed === EVERYTHING ? EVERYTHING : allowed.join(', ') || 'nothing'
      return [
        `${path}:${line} imports ${specifier}. The import rule: src/${from}/ may import ${may} (and itself), never ${to ?? 'from outside src/'}.`,
      ]
    })
  })
}

/** What a browser loads: its own files, its packages, and the samples that the command line writes too. */
function consoleRule(tree: SourceTree): Violations {
  const allowed = /^(console\/src|src\/samples)\//
  return readModules(under('console', tree)).flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, target, line }) => {
      const ours = specifier.startsWith('.')
      if (ours ? allowed.test(target) : !specifier.startsWith('node:')) return []
      return [
        `${path}:${line} imports ${specifier}. The console may import console/src/ and src/samples/, never ${target}.`,
      ]
    }),
  )
}

/** Names that a browser has not; `process.env` of the samples themselves is text and no code. */
const OF_NODE = /\b(?:Buffer|__dirname|require|setImmediate|import\.meta\.dirname)\b/

function browserRule(tree: SourceTree): Violations {
  const samples = under('src/samples', tree)
  const imported = readModules(samples).flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier }) => !specifier.startsWith('.'))
      .map(({ specifier, line }) => `${path}:${line} imports ${specifier}, which a browser has not.`),
  )
  const named = [...samples].flatMap(([path, text]) => {
    const name = OF_NODE.exec(text)?.[0]
    return name === undefined ? [] : [`${path} names ${name}, which a browser has not.`]
  })
  return [...imported, ...named]
}

/** Followed through all static imports: whoever starts a server must not wait for, or trip over, a driver. */
function driverRule(tree: SourceTree): Violations {
  const modules = readModules(under('src', tree))
  const byPath = new Map(modules.map((each) => [each.path, each]))
  return modules
    .filter(({ path }) => folderOf(path) !== 'engines' || path === 'src/engines/list.ts')
    .flatMap(({ path }) => {
      const trail = trailToDriver(path, byPath)
      if (trail === undefined) return []
      return [
        `${trail.join(' → ')}: a database driver is loaded before it is used. Drivers are imported in src/engines/ or with import(), and engines are reached through src/engines/list.ts.`,
      ]
    })
}

function trailToDriver(start: string, modules: ReadonlyMap<string, ModuleFacts>): readonly string[] | undefined {
  const seen = new Set([start])
  const trails: string[][] = [[start]]
  for (let trail = trails.pop(); trail !== undefined; trail = trails.pop()) {
    for (const { target, when } of modules.get(trail.at(-1) ?? '')?.imports ?? []) {
      if (when !== 'static' || seen.has(target)) continue
      if (DRIVERS.has(target)) return [...trail, target]
      seen.add(target)
      trails.push([...trail, target])
    }
  }
  return undefined
}

function defaultExportRule(tree: SourceTree): Violations {
  return readModules(tree).flatMap(({ path, defaultExportLine }) => {
    if (defaultExportLine === undefined || DEFAULT_EXPORT_ALLOWED.has(path)) return []
    return [`${path}:${defaultExportLine} has a default export: export it by its name, so that it can be found.`]
  })
}

function nameRule(tree: SourceTree): Violations {
  return code(tree).flatMap((path) => {
    const name = posix.basename(path)
    const stem = name.split('.')[0] ?? name
    if (VAGUE_NAMES.has(stem)) return [`${path}: "${stem}" says nothing; name the file after the thing it exports.`]
    const odd = path.split('/').find((part) => !KEBAB_CASE.test(part))
    return odd === undefined ? [] : [`${path}: "${odd}" is not kebab-case.`]
  })
}

function lengthRule(tree: SourceTree): Violations {
  return [...under('src', tree)].flatMap(([path, text]) => {
    const lines = text.replace(/\n$/, '').split('\n').length
    return lines > MOST_LINES
      ? [`${path} has ${lines} lines, more than ${MOST_LINES}: it hides a noun that wants a file of its own.`]
      : []
  })
}

function folderRule(tree: SourceTree): Violations {
  const page = tree.get('ARCHITECTURE.md')
  if (page === undefined) return ['ARCHITECTURE.md is missing']
  const listed = new Set(listedFolders(page))
  const real = new Set([...under('src', tree).keys()].map(folderOf))
  return [
    ...[...real]
      .filter((folder) => !listed.has(folder))
      .map((folder) => `src/${folder}/ is not in the tree of ARCHITECTURE.md.`),
    ...[...listed]
      .filter((folder) => !real.has(folder))
      .map((folder) => `ARCHITECTURE.md lists src/${folder}/, which does not exist.`),
  ]
}

/** The folders one level below the line `src/` in a fenced block. */
function listedFolders(page: string): readonly string[] {
  const folders: string[] = []
  let fenced = false
  let indent: string | undefined
  let inside = false
  for (const line of page.split('\n')) {
    if (line.startsWith('```')) {
      fenced = !fenced
      inside = false
    } else if (fenced && !/^\s/.test(line)) {
      inside = /^src\/(\s|$)/.test(line)
    } else if (fenced && inside) {
      const [, space, folder] = /^(\s+)([a-z0-9-]+)\//.exec(line) ?? []
      indent ??= space
      if (folder !== undefined && space === indent) folders.push(folder)
    }
  }
  return folders
}

function outsideRule(tree: SourceTree): Violations {
  const outside = new RegExp(`\\.\\./${PLANS}/|/${PLANS}/(?:design|hooks|prototypes|reference|seeds)\\b`)
  return [...tree].flatMap(([path, text]) => {
    const index = text.search(outside)
    if (index < 0) return []
    return [
      `${path}:${text.slice(0, index).split('\n').length} names a folder beside the checkout, which nobody who clones has.`,
    ]
  })
}

function code(tree: SourceTree): readonly string[] {
  return [...tree.keys()].filter((path) => /^(src|console\/src|bench|test|scripts)\//.test(path))
}

function under(folder: string, tree: SourceTree): SourceTree {
  return new Map([...tree].filter(([path]) => path.startsWith(`${folder}/`)))
}

/** `src/link/peer.ts` → `link`; a file directly in src/ gives its own name, which no list holds. */
function folderOf(path: string): string {
  return path.split('/')[1] ?? ''
}
