import { shellEn } from './shell.en.ts'
import { shellZh } from './shell.zh.ts'

/** Of what is on every page. */
export const SHELL = { en: shellEn, zh: shellZh }
