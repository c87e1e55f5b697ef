/** The version of an action tells its product. */
export const VERSION = {
  dbs: '2019-03-06',
  ram: '2015-05-01',
  sts: '2015-04-01',
  postern: '2026-12-01',
} as const
