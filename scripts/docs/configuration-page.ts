import { z } from 'zod'
import { configurationJsonSchema } from '../../src/cli/configuration-json-schema.ts'
import type { ConfigurationKind } from '../../src/cli/configuration-kinds.ts'
import { code, GENERATED, table } from './markdown.ts'

/** The part of JSON Schema that the configurations use. */
interface Node {
  readonly type?: string | undefined
  readonly description?: string | undefined
  readonly default?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly examples?: readonly unknown[] | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly properties?: Readonly<Record<string, Node>> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: Node | undefined
  readonly 'x-reload'?: string | undefined
}

const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    description: z.string().optional(),
    default: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    examples: z.array(z.unknown()).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    properties: z.record(z.string(), node).optional(),
    required: z.array(z.string()).optional(),
    items: node.optional(),
    'x-reload': z.string().optional(),
  }),
)

/** One key of a configuration file. */
export interface ConfigurationKey {
  /** `endpoints[].tls.mode` */
  readonly path: string
  readonly type: string
  /** `required`, the default as JSON, or `none`. */
  readonly default: string
  readonly description: string
  /** As it stands in YAML: JSON is YAML too. Empty where there is none. */
  readonly example: string
  /** When a changed value counts. */
  readonly reload: string
}

export function configurationKeys(kind: ConfigurationKind): readonly ConfigurationKey[] {
  // A gateway looks at its file for every task.
  return keysOf(node.parse(configurationJsonSchema(kind)), '', kind === 'gateway' ? 'at once' : '')
}

function keysOf(parent: Node, prefix: string, reload: string): readonly ConfigurationKey[] {
  return Object.entries(parent.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`
    const [example] = child.examples ?? []
    const required = parent.required?.includes(name) === true
    const given = child.default === undefined || child.properties !== undefined ? 'none' : JSON.stringify(child.default)
    const key = {
      path,
      type: typeOf(child),
      default: required ? 'required' : given,
      description: child.description ?? '',
      example: example === undefined ? '' : JSON.stringify(example),
      reload: child['x-reload'] ?? reload,
    }
    const { items } = child
    const inner = items === undefined ? keysOf(child, `${path}.`, reload) : keysOf(items, `${path}[].`, reload)
    return [key, ...inner]
  })
}

function typeOf({ type = 'value', enum: choices, items, minimum, maximum }: Node): string {
  if (choices !== undefined) return choices.map((each) => code(String(each))).join(' or ')
  if (items !== undefined) return `list of ${items.type === 'object' ? 'entries' : `${items.type ?? 'value'}s`}`
  if (type === 'object') return 'entries'
  return minimum === undefined ? type : `${type}, ${minimum} to ${maximum}`
}

export function configurationPage(): string {
  return [
    '# Configuration files',
    GENERATED,
    'Both are YAML. `postern config check FILE` finds every mistake in one, with its line; `postern config schema gateway` and `postern config schema server` print the JSON Schema by which editors complete and check it. Files that are named in one are relative to its folder. [Changing a running process](../guide/configuration.md) says how a change gets in.',
    '## Gateway',
    'The file of `postern gateway run --config FILE`. It is looked at for every task, and read again when it has changed or at SIGHUP: every key counts from the next task on.',
    keyTable('gateway'),
    '## Server',
    'The file of `postern server --config FILE`; the options of the command line win. It is read again within seconds after it has changed, and at SIGHUP.',
    keyTable('server'),
    '',
  ].join('\n\n')
}

function keyTable(kind: ConfigurationKind): string {
  return table(
    ['key', 'type', 'default', 'what it is', 'example', 'a change counts'],
    configurationKeys(kind).map((key) => [
      code(key.path),
      key.type,
      ['required', 'none'].includes(key.default) ? key.default : code(key.default),
      key.description,
      code(key.example),
      key.reload,
    ]),
  )
}
