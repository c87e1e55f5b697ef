import { z } from 'zod'
import type { AnyAction } from '../../src/api/action.ts'

/** The part of JSON Schema that the declarations of actions use. */
interface Node {
  readonly type?: string | undefined
  readonly description?: string | undefined
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly examples?: readonly unknown[] | undefined
  readonly properties?: Readonly<Record<string, Node>> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: Node | undefined
}

const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    description: z.string().optional(),
    default: z.unknown().optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    examples: z.array(z.unknown()).optional(),
    properties: z.record(z.string(), node).optional(),
    required: z.array(z.string()).optional(),
    items: node.optional(),
  }),
)

export interface Parameter {
  readonly name: string
  readonly type: string
  readonly required: boolean
  /** Empty where there is none. */
  readonly default: string
  readonly description: string
  readonly example: string
}

/** In the order of the declaration. Throws where an example is missing or is not a value that the action takes. */
export function parametersOf(action: AnyAction): readonly Parameter[] {
  const { properties = {}, required = [] } = node.parse(
    z.toJSONSchema(action.params, {
      io: 'input',
      // zod leaves out the examples of what it transforms: they might be of the other side. Ours never are.
      override({ zodSchema, jsonSchema }) {
        const examples: unknown = z.globalRegistry.get(zodSchema)?.['examples']
        if (Array.isArray(examples)) jsonSchema.examples = examples
      },
    }),
  )
  const names = Object.keys(properties)
  const examples = Object.fromEntries(names.map((name) => [name, exampleOf(properties[name])]))
  const values = z.record(z.string(), z.unknown()).parse(action.params.parse(examples))
  return names.map((name) => ({
    name,
    type: typeOf(values[name]),
    required: required.includes(name),
    default: textOf(properties[name]?.default),
    description: properties[name]?.description ?? '',
    example: examples[name] ?? '',
  }))
}

function exampleOf(property: Node | undefined): string {
  const [example] = property?.examples ?? []
  if (typeof example !== 'string') throw new Error('Every parameter has an example, as the text that is sent.')
  return example
}

/** Everything is sent as text; this is what the text must spell. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return typeof value === 'number' ? 'integer' : typeof value
}

export interface ReplyField {
  /** `Items.BackupGateway[].Region` */
  readonly path: string
  readonly type: string
  /** Wherever the object is that it belongs to. */
  readonly always: boolean
  readonly description: string
}

export function replyFieldsOf(action: AnyAction): readonly ReplyField[] {
  return fieldsOf(node.parse(z.toJSONSchema(action.reply, { io: 'output' })), '')
}

function fieldsOf(parent: Node, prefix: string): readonly ReplyField[] {
  return Object.entries(parent.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`
    const always = (parent.required ?? []).includes(name)
    const field = { path, type: replyType(child), always, description: describe(child) }
    const list = child.items
    const inner = list === undefined ? fieldsOf(child, `${path}.`) : fieldsOf(list, `${path}[].`)
    return [field, ...inner]
  })
}

function replyType({ type = 'value', items }: Node): string {
  return items === undefined ? type : `list of ${items.type ?? 'value'}s`
}

function describe({ description, enum: choices }: Node): string {
  const oneOf = choices === undefined || description !== undefined ? undefined : `One of ${choices.join(', ')}.`
  return description ?? oneOf ?? ''
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
