import { readFileSync } from 'node:fs'
import { auditFolder } from '../../src/audit/audit-folder.ts'
import { auditPublicKeyFile, readAuditPublicKey } from '../../src/audit/audit-key.ts'
import { openAuditTrail } from '../../src/audit/audit-trail.ts'
import { type NotedHead, verifyAudit } from '../../src/audit/verify-audit.ts'
import { silentLog } from '../../src/base/log.ts'
import { type ManualClock, manualClock } from '../fixtures/manual-clock.ts'

export const DAY_MS = 24 * 3600_000

export const openTrail = (data: string, clock: ManualClock = manualClock(), retentionMs = 365 * DAY_MS) =>
  openAuditTrail({ data, server: 'server-1', retentionMs: () => retentionMs, clock, log: silentLog() })

export const callEvent = (n: number) =>
  ({
    kind: 'call',
    account: '100000000000001',
    principal: '100000000000001:root',
    key: 'LTAI',
    address: '127.0.0.1',
    action: `Action${n}`,
    version: '2026-12-01',
    outcome: 'OK',
    status: 200,
    requestId: 'R',
    ms: 1,
  }) as const

export async function verify(data: string, noted?: NotedHead) {
  const publicKey = await readAuditPublicKey(auditPublicKeyFile(data))
  return verifyAudit({ folder: auditFolder(data), publicKey, ...(noted && { noted }) })
}

export const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').filter(Boolean)
