import { accessEn } from '../../texts/access.en.ts'
import { accessZh } from '../../texts/access.zh.ts'

export const ACCESS = { en: accessEn, zh: accessZh }
