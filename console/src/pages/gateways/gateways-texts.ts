import { gatewaysEn } from '../../texts/gateways.en.ts'
import { gatewaysZh } from '../../texts/gateways.zh.ts'

export const GATEWAYS = { en: gatewaysEn, zh: gatewaysZh }
