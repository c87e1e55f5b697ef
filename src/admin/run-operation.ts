import { z } from 'zod'
import { PosternError } from '../model/errors.ts'
import type { AdminServices, Operation } from './operation.ts'

/** Parses what was asked, and runs it within its deadline. Throws InvalidParameter with the first thing that is wrong. */
export async function runOperation<P, R>(
  operation: Operation<P, R>,
  call: { readonly params: unknown; readonly services: AdminServices; readonly signal: AbortSignal },
): Promise<R> {
  const { params, services } = call
  const parsed = operation.params.safeParse(params)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new PosternError('InvalidParameter', { message: `${issue?.path.join('.')}: ${issue?.message}` })
  }
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(operation.deadlineMs)])
  const record = async (outcome: string, about: unknown) => {
    if (operation.recorded) await services.record({ operation: operation.name, ...accountIn(about), outcome })
  }
  try {
    const reply = await operation.run(parsed.data, { services, signal })
    await record('OK', reply)
    return reply
  } catch (error) {
    await record(error instanceof PosternError ? error.code : 'InternalError', parsed.data)
    throw error
  }
}

function accountIn(value: unknown): { account?: string } {
  const { AccountId: account } = z.object({ AccountId: z.string().optional() }).safeParse(value).data ?? {}
  return account === undefined ? {} : { account }
}
