import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import type { Document, Node } from 'yaml'
import type { ConfigurationProblem } from './configuration-error.ts'

/** Loaded with the first file: its 72 files are a tenth of a start that needs none. */
const load: (name: 'yaml') => typeof Yaml = createRequire(import.meta.url)

export type Path = readonly PropertyKey[]

export interface YamlSource {
  /** Undefined where the text is not YAML: `problems` says why. */
  readonly value: unknown
  readonly problems: readonly ConfigurationProblem[]
  /** Of the value; of the nearest thing around it where there is none. */
  positionOf(path: Path): { line: number; column: number }
  /** Of the key of an entry. */
  positionOfKey(path: Path, key: string): { line: number; column: number }
  /** False for an entry that is not there. */
  has(path: Path): boolean
}

/** Our own words: the parser's messages quote the source, which may be a password. */
const YAML_PROBLEMS: Readonly<Record<string, string>> = {
  BAD_SCALAR_START: 'a value that begins with @, ` or % must be written in quotes',
  TAG_RESOLVE_FAILED: 'a value that begins with ! must be written in quotes',
  BAD_INDENT: 'the indentation is wrong, or a bracket is not closed',
  TAB_AS_INDENT: 'tabs are not allowed as indentation; use spaces',
  DUPLICATE_KEY: 'this key is there twice',
  MULTIPLE_DOCS: 'there must be one document only; remove this ---',
  MISSING_CHAR: 'a `:` with a space after it, a quote or a bracket is missing',
  MULTILINE_IMPLICIT_KEY: 'a `:` with a space after it is missing',
  BLOCK_AS_IMPLICIT_KEY: 'a value that contains `: ` must be written in quotes',
  UNEXPECTED_TOKEN: 'something here does not belong to the value before it; write the value in quotes',
}

export function parseYaml(text: string): YamlSource {
  const { LineCounter, parseDocument, visit, isMap, isNode, isScalar } = load('yaml')
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true })
  const at = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problems: ConfigurationProblem[] = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    ...at(pos[0]),
    message: YAML_PROBLEMS[code] ?? `this is not valid YAML (${code})`,
  }))
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return
      problems.push({ ...at(alias.range?.[0] ?? 0), message: 'a value that begins with * must be written in quotes' })
    },
  })
  return {
    value: problems.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 }),
    problems,
    positionOf: (path) => at(nearestNode(document, path)?.range?.[0] ?? 0),
    positionOfKey: (path, key) => {
      const map = follow(document, find(document, path))
      const pair = isMap(map)
        ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
        : undefined
      const node = isNode(pair?.key) ? pair.key : nearestNode(document, path)
      return at(node?.range?.[0] ?? 0)
    },
    has: (path) => find(document, path) !== undefined,
  }
}

function nearestNode(document: Document, path: Path): Node | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = find(document, path.slice(0, length))
    if (node !== undefined) return node
  }
  return undefined
}

function find(document: Document, path: Path): Node | undefined {
  const { isMap, isNode, isSeq } = load('yaml')
  let node = document.contents ?? undefined
  for (const key of path) {
    const container = follow(document, node)
    if (!isMap(container) && !isSeq(container)) return undefined
    const next: unknown = container.get(typeof key === 'number' ? key : String(key), true)
    if (!isNode(next)) return undefined
    node = next
  }
  return node
}

const follow = (document: Document, node: Node | undefined) =>
  load('yaml').isAlias(node) ? node.resolve(document) : node
