import type { AttemptId, GatewayId, KeyFingerprint, ServerId, TaskId } from '../model/ids.ts'

/** Joins with a separator that no field can hold, so that no two lists of fields give the same bytes. */
const payload = (tag: string, fields: readonly (string | number)[]) =>
  Buffer.from([tag, ...fields.map((field) => JSON.stringify(String(field)))].join('\n'), 'utf8')

/** What a gateway signs to prove its key: a fresh nonce, and the server that it means, so that nobody can pass it on. */
export function proofPayload(fields: {
  server: ServerId
  nonce: string
  gateway: GatewayId
  instance: string
  key: KeyFingerprint
  nextKey: string | undefined
}): Buffer {
  const { server, nonce, gateway, instance, key, nextKey } = fields
  return payload('postern link proof v1', [server, nonce, gateway, instance, key, nextKey ?? ''])
}

/** What a gateway signs with an outcome; anybody can check it later with the public key. */
export function resultPayload(fields: {
  server: ServerId
  gateway: GatewayId
  task: TaskId
  attempt: AttemptId
  engine: string
  host: string | undefined
  port: number | undefined
  digest: string
  nonce: string
}): Buffer {
  const { server, gateway, task, attempt, engine, host, port, digest, nonce } = fields
  return payload('postern result v1', [server, gateway, task, attempt, engine, host ?? '', port ?? '', digest, nonce])
}
