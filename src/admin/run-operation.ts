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
  return operation.run(parsed.data, { services, signal })
}
