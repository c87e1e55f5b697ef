/**
 * The same text, in memory of its own. A text that was cut out of another one keeps all of that in memory, as a parameter
 * does its request: this is for parts that outlive the whole. To join it to something is what makes the copy.
 */
export const ownText = (text: string): string => `:${text}`.slice(1)
