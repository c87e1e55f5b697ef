import type { ListingOutcome } from '../model/listing.ts'
import { outcome } from '../model/listing-schemas.ts'

/** The text as it was signed; fields that this version does not know are dropped. */
export function listingOf(outcomeText: string): ListingOutcome {
  const parsed = outcome.parse(JSON.parse(outcomeText))
  if (parsed.kind !== 'listing') throw new Error('a task has succeeded with an outcome that is no listing')
  return parsed
}
