import { auditEn } from '../../texts/audit.en.ts'
import { auditZh } from '../../texts/audit.zh.ts'

export const AUDIT = { en: auditEn, zh: auditZh }
