import * as z from 'zod/mini'
import { VERSION } from './products.ts'

// What more than one page reads of a task.

export const failure = z.optional(z.object({ Code: z.string(), Message: z.string(), Mend: z.optional(z.string()) }))
export const step = z.object({ Name: z.string(), Status: z.string(), Milliseconds: z.optional(z.number()) })
export const warnings = z.optional(
  z.object({
    Warning: z.array(z.object({ Code: z.string(), Message: z.string(), Grant: z.optional(z.string()) })),
  }),
)

export const CREATE_TASK = {
  action: 'CreateGetDBListFromAgentTask',
  version: VERSION.dbs,
  answer: z.object({ TaskId: z.number() }),
}

export const isOpen = ({ TaskStatus: state }: { readonly TaskStatus: string }) =>
  state === 'Queued' || state === 'Running'
