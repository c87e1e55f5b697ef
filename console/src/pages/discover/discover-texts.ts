import { discoverEn } from '../../texts/discover.en.ts'
import { discoverZh } from '../../texts/discover.zh.ts'

export const DISCOVER = { en: discoverEn, zh: discoverZh }
