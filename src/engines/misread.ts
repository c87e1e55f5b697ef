/** What a driver throws that stumbled over bytes which its server should never send: they check less than they rely on. */
export const isMisread = (error: unknown) =>
  error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError
