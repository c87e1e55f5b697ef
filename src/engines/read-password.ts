import { PosternError } from '../model/errors.ts'
import type { Wire } from './wire.ts'

/** Reads the endpoint's password within the deadline of the current step, after everything that needs none. */
export async function readPassword(wire: Wire): Promise<string> {
  try {
    return await wire.settle(wire.endpoint.password())
  } catch (error) {
    if (error instanceof PosternError) throw error
    throw wire.fail(new PosternError('Internal', { reason: 'The password could not be read.', cause: error }))
  }
}
