/** Versions of the actions that the commands call. */
export const DBS_VERSION = '2019-03-06'
export const STS_VERSION = '2015-04-01'
export const POSTERN_VERSION = '2026-12-01'
