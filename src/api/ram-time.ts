/** A time as RAM writes it: UTC to the second. */
export const ramTime = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
