import { useQuery } from '@tanstack/react-query'
import * as z from 'zod/mini'
import type { ApiError } from '../../api/api-error.ts'
import { readPublicDocument } from '../../api/public-document.ts'

const PATH = '/openapi.json'
const KEPT_MS = 5 * 60_000

const item = z.object({
  type: z.string(),
  minimum: z.optional(z.number()),
  maximum: z.optional(z.number()),
  enum: z.optional(z.array(z.string())),
})
/** What the text of a parameter spells; a list is spelt with commas. */
const spelt = z.extend(item, {
  format: z.optional(z.string()),
  minLength: z.optional(z.number()),
  maxLength: z.optional(z.number()),
  pattern: z.optional(z.string()),
  default: z.optional(z.unknown()),
  items: z.optional(item),
  maxItems: z.optional(z.number()),
  uniqueItems: z.optional(z.boolean()),
})
const parameter = z.object({
  name: z.string(),
  required: z.boolean(),
  description: z.string(),
  example: z.unknown(),
  schema: spelt,
})
const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()),
  parameters: z.array(parameter),
  'x-postern-version': z.string(),
  'x-postern-access': z.string(),
  'x-postern-mutates': z.boolean(),
  'x-postern-errors': z.array(z.string()),
})
const openApi = z.object({
  tags: z.array(z.object({ name: z.string() })),
  paths: z.record(z.string(), z.object({ get: z.optional(operation), post: z.optional(operation) })),
})

export type Spelt = z.infer<typeof spelt>
export type Parameter = z.infer<typeof parameter>

export interface Action {
  readonly name: string
  readonly version: string
  /** The product. */
  readonly group: string
  readonly summary: string
  /** Of RAM: get, list, create, … */
  readonly access: string
  /** Whether it changes something. */
  readonly mutates: boolean
  readonly parameters: readonly Parameter[]
  /** Codes that it can answer with; `{P}` stands for the name of a parameter. */
  readonly errors: readonly string[]
}

export interface Catalogue {
  /** In the order of the document. */
  readonly groups: readonly string[]
  readonly actions: readonly Action[]
}

/** Every action as the server itself declares it; nobody has to sign in for that. */
export function useCatalogue() {
  return useQuery<Catalogue, ApiError>({
    queryKey: [PATH],
    queryFn: async ({ signal }) => catalogueOf(await readPublicDocument(PATH, openApi, signal)),
    staleTime: KEPT_MS,
  })
}

function catalogueOf({ tags, paths }: z.infer<typeof openApi>): Catalogue {
  const actions = Object.values(paths)
    .flatMap(({ get, post }) => [get, post])
    .filter((each) => each !== undefined)
    .map(
      (each): Action => ({
        name: each.operationId,
        version: each['x-postern-version'],
        group: each.tags[0] ?? '',
        summary: each.summary,
        access: each['x-postern-access'],
        mutates: each['x-postern-mutates'],
        parameters: each.parameters,
        errors: each['x-postern-errors'],
      }),
    )
  return { groups: tags.map(({ name }) => name), actions }
}
