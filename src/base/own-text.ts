/**
 * The same text, in memory of its own: a part of a text keeps the whole of it, as a value does its request. For what outlives
 * that; joined to something it is no part of it any more.
 */
export const ownText = (text: string): string => `:${text}`.slice(1)
