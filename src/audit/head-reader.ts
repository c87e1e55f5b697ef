import type { KeyObject } from 'node:crypto'
import { GENESIS } from './audit-event.ts'
import { type AuditHead, isSignedBy, parseHead, sha256 } from './audit-head.ts'
import { AuditProblem } from './audit-problem.ts'
import { readLines } from './read-lines.ts'

/** The signed heads of a file in their order, each checked. */
export interface HeadReader extends AsyncDisposable {
  /** Undefined after the last. */
  readonly next: AuditHead | undefined
  /** Throws AuditProblem. */
  advance(): Promise<void>
}

/** Stands at the first head. Throws AuditProblem. */
export async function headReader(file: string, publicKey: KeyObject): Promise<HeadReader> {
  const heads = checkedHeads(file, publicKey)
  const take = async () => (await heads.next()).value ?? undefined
  let next = await take()
  return {
    get next() {
      return next
    },
    async advance() {
      next = await take()
    },
    async [Symbol.asyncDispose]() {
      await heads.return(undefined)
    },
  }
}

async function* checkedHeads(file: string, publicKey: KeyObject): AsyncGenerator<AuditHead, undefined> {
  let before: { seq: number; hash: string; server?: string } = GENESIS
  for await (const lines of readLines(file)) {
    for (const { bytes, number, whole } of lines) {
      // A server that writes now, or that was killed.
      if (!whole) return undefined
      const at = `${file}:${number}`
      const head = parseHead(bytes)
      if (head === undefined) throw new AuditProblem(at, 'is not a signed head')
      if (!isSignedBy(publicKey, head))
        throw new AuditProblem(at, 'is not signed with the key of this trail, or was changed')
      if (head.prev !== before.hash)
        throw new AuditProblem(at, 'does not follow the head before it: heads were removed, added or moved')
      if (head.seq <= before.seq)
        throw new AuditProblem(at, `is of entry ${head.seq}, and the head before it of ${before.seq}`)
      if (head.server !== (before.server ?? head.server)) throw new AuditProblem(at, 'is of another server')
      before = { seq: head.seq, hash: sha256(bytes), server: head.server }
      yield head
    }
  }
  return undefined
}
