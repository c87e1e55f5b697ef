import { isLoopbackHost } from '../model/host.ts'

/** The origin of a server. Throws an error for people where it is none that a token or a session may be sent to. */
export function serverOrigin(text: string): string {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`\`${text}\` is not the address of a server; write https://HOST or https://HOST:PORT`)
  }
  if (url.username !== '' || url.password !== '') throw new Error('the address of the server must not hold a password')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new Error(`\`${text}\`: only ${url.origin} is the address of the server; leave out what follows`)
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new Error(`\`${text}\`: http is for this machine only, everybody on the way could read the token; use https`)
  }
  return url.origin
}
