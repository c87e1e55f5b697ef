import { z } from 'zod'
import { configurationSchema } from '../gateway/configuration-schema.ts'
import type { ConfigurationKind } from './configuration-kinds.ts'
import { serverConfiguration } from './server-configuration.ts'

export const CONFIGURATION_SCHEMAS = {
  gateway: configurationSchema,
  server: serverConfiguration,
} as const satisfies Record<ConfigurationKind, object>

/** What editors check a configuration file by: draft 2020-12, every key with a description, an example, and its default. */
export function configurationJsonSchema(kind: ConfigurationKind): object {
  return z.toJSONSchema(CONFIGURATION_SCHEMAS[kind], {
    target: 'draft-2020-12',
    io: 'input',
    // zod leaves out the examples of what it transforms: they might be of the other side. Ours never are.
    override({ zodSchema, jsonSchema }) {
      const examples: unknown = z.globalRegistry.get(zodSchema)?.['examples']
      if (Array.isArray(examples)) jsonSchema.examples = examples
    },
  })
}
