/** What a request's first line asks for. */
export interface RequestTarget {
  readonly path: string
  /** What follows the `?`, as it was sent. */
  readonly query: string
}

const ORIGIN = /^https?:\/\/[^/?#]*/i

/** A proxy may have sent the whole address (RFC 9112, 3.2.2); the path may be missing in it. */
export function requestTarget(url = '/'): RequestTarget {
  const target = url.startsWith('/') ? url : url.replace(ORIGIN, '')
  const mark = target.indexOf('?')
  if (mark === -1) return { path: target || '/', query: '' }
  return { path: target.slice(0, mark) || '/', query: target.slice(mark + 1) }
}
