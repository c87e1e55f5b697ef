import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { SentHeaders } from '../access/signed-request.ts'
import { toRequestId } from '../model/ids.ts'

/** The caller as far as the proxies in front are trusted (row 35); never what a caller claims besides. */
export function callerOf(request: FastifyRequest): string {
  const address = isIP(request.ip) === 0 ? (request.raw.socket.remoteAddress ?? '') : request.ip
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}

export const idOf = (request: FastifyRequest) => toRequestId(request.id)
export const bytesOf = ({ body }: FastifyRequest) => (Buffer.isBuffer(body) ? body : undefined)
export const pathOf = (url = '/') => url.split('?', 1)[0] ?? '/'
export const queryOf = (url = '') => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')

/** All of them: the parsed ones have one value of each name. */
export function headersOf({ raw: { rawHeaders } }: FastifyRequest): SentHeaders {
  const headers: (readonly [string, string])[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
  return headers
}
