import { overviewEn } from '../../texts/overview.en.ts'
import { overviewZh } from '../../texts/overview.zh.ts'

export const OVERVIEW = { en: overviewEn, zh: overviewZh }
