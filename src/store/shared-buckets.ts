/** A wish for tokens of one bucket, which fills at a rate and is full at first. */
export interface LeaseWish {
  /** Of the bucket. */
  readonly name: string
  /** Tokens that come back each second. */
  readonly perSecond: number
  /** Tokens of the full bucket, a whole number from 1. */
  readonly burst: number
  /** How many are wanted, a whole number from 1 to `burst`. */
  readonly want: number
}

export interface Leased {
  /** That are out of the bucket from now on: as many as were wanted or were whole in it, perhaps 0. */
  readonly tokens: number
  /** Until there is a whole token in the bucket again, 0 where there is one. */
  readonly waitMs: number
}

/** Buckets of tokens that all servers on a store take from, by one clock. They outlive no crash of the store: then they are full. */
export interface SharedBuckets {
  /** Rejects with ServiceUnavailable where the store cannot be asked; whether tokens were taken is then not known. */
  lease(wish: LeaseWish): Promise<Leased>
}
