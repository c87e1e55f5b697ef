import { z } from 'zod'

const schema = z.record(z.string(), z.unknown())
const operation = z.object({
  operationId: z.string(),
  tags: z.array(z.string()),
  summary: z.string(),
  parameters: z.array(
    z.object({
      name: z.string(),
      required: z.boolean(),
      description: z.string().regex(/\.$/),
      schema,
      example: z.union([z.string(), z.number(), z.boolean(), z.array(z.unknown())]),
    }),
  ),
  'x-postern-version': z.string(),
  'x-postern-access': z.string(),
  'x-postern-mutates': z.boolean(),
  'x-postern-errors': z.array(z.string()),
})
const openApi = z.object({
  paths: z.record(z.string(), z.object({ get: operation.optional(), post: operation.optional() })),
  components: z.object({
    schemas: z.record(z.string(), schema),
    parameters: schema,
    responses: schema,
    'x-postern-errors': schema,
  }),
})

/** The document as a program that is built from it alone reads it. */
export function readOpenApi(text: string) {
  const { paths, components } = openApi.parse(JSON.parse(text))
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, each]) => (each === undefined ? [] : [{ path, method, operation: each }])),
  )
  return {
    components,
    operations,
    operationOf(name: string) {
      const found = operations.find((each) => each.operation.operationId === name)
      if (found === undefined) throw new Error(`There is no operation ${name}.`)
      return found.operation
    },
  }
}
