import { errorsEn } from '../../texts/errors.en.ts'
import { errorsZh } from '../../texts/errors.zh.ts'

export const ERRORS = { en: errorsEn, zh: errorsZh }
