import { z } from 'zod'
import type { AnyAction } from './action.ts'

/** The part of JSON Schema that the declarations of actions use. */
interface Node {
  readonly type?: string | undefined
  readonly description?: string | undefined
  readonly default?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly examples?: readonly unknown[] | undefined
  readonly properties?: Readonly<Record<string, Node>> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: Node | undefined
  readonly spelt?: SpeltSchema | undefined
}

const speltType = z.enum(['string', 'integer', 'boolean', 'array'])
const spelt = z.looseObject({ type: speltType, items: z.looseObject({ type: speltType }).optional() })
type SpeltSchema = z.output<typeof spelt>

const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    description: z.string().optional(),
    default: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    examples: z.array(z.unknown()).optional(),
    properties: z.record(z.string(), node).optional(),
    required: z.array(z.string()).optional(),
    items: node.optional(),
    spelt: spelt.optional(),
  }),
)

export interface Parameter {
  readonly name: string
  /** JSON Schema of what the text spells. */
  readonly schema: SpeltSchema
  readonly required: boolean
  /** As it would be sent; empty where there is none. */
  readonly default: string
  readonly description: string
  /** As it is sent. */
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
  const parameters = Object.entries(properties).map(([name, property]) => ({
    name,
    schema: property.spelt ?? { type: 'string' as const },
    required: required.includes(name),
    default: textOf(property.default),
    description: property.description ?? '',
    example: exampleOf(property),
  }))
  action.params.parse(Object.fromEntries(parameters.map(({ name, example }) => [name, example])))
  return parameters
}

/** The value that a text spells. */
export function speltValue({ type, items }: SpeltSchema, text: string): unknown {
  if (type === 'array') return text.split(',').map((each) => speltValue(items ?? { type: 'string' }, each))
  if (type === 'integer') return Number(text)
  return type === 'boolean' ? text === 'true' : text
}

function exampleOf(property: Node): string {
  const [example] = property.examples ?? []
  if (typeof example !== 'string') throw new Error('Every parameter has an example, as the text that is sent.')
  return example
}

export interface ReplyField {
  /** `Items.BackupGateway[].Region` */
  readonly path: string
  readonly type: string
  /** Wherever the object is that it belongs to. */
  readonly always: boolean
  readonly description: string
}

/** JSON Schema of the answer without the fields that every answer has. */
export const replySchemaOf = (action: AnyAction) =>
  z.toJSONSchema(action.reply, {
    io: 'output',
    override({ jsonSchema }) {
      // A later version may answer more, and no client should refuse that.
      delete jsonSchema.additionalProperties
    },
  })

export const replyFieldsOf = (action: AnyAction): readonly ReplyField[] =>
  fieldsOf(node.parse(replySchemaOf(action)), '')

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
