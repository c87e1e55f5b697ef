import type { FastifyRequest } from 'fastify'
import { toRequestId } from '../model/ids.ts'

export const idOf = (request: FastifyRequest) => toRequestId(request.id)
export const bytesOf = ({ body }: FastifyRequest) => (Buffer.isBuffer(body) ? body : undefined)
