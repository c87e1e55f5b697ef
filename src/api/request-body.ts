import type { IncomingMessage } from 'node:http'
import { PosternError } from '../model/errors.ts'

/** Bytes, because a signature is over what was sent; undefined where there is none. Only a POST has one that counts. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> | undefined {
  const { method, headers } = request
  const announced = Number(headers['content-length'] ?? 0)
  if (method !== 'POST' || (announced === 0 && headers['transfer-encoding'] === undefined)) return undefined
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const tooLarge = () =>
      reject(new PosternError('RequestTooLarge', { values: { what: 'its body is over the limit' } }))
    const cut = (cause?: Error) =>
      reject(new PosternError('InvalidParameter', { reason: 'The body did not arrive whole.', cause }))
    if (announced > maxBytes) {
      tooLarge()
      return
    }
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) {
        chunks.push(chunk)
        return
      }
      // The rest is read and dropped: its sender reads the answer then.
      chunks.length = 0
      request.off('data', take).resume()
      tooLarge()
    }
    request.on('data', take)
    request.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    )
    request.once('error', cut)
    request.once('close', () => cut())
  })
}
