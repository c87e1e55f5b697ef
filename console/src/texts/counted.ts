const RULES = new Intl.PluralRules('en')

/** `1 row`, `2 rows`: for English texts. */
export const counted = (count: number, one: string, others: string): string =>
  `${count} ${RULES.select(count) === 'one' ? one : others}`
