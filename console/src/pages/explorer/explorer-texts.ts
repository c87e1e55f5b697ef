import { explorerEn } from '../../texts/explorer.en.ts'
import { explorerZh } from '../../texts/explorer.zh.ts'

export const EXPLORER = { en: explorerEn, zh: explorerZh }
