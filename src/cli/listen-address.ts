import { isIPv6 } from 'node:net'
import { usageError } from './exit-code.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** `HOST:PORT`, `[::1]:PORT` or `localhost:PORT`; port 0 takes a free one. */
export function parseListenAddress(text: string, option: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (match === null || host === undefined || host === '' || port > 65_535) {
    throw usageError(`${option} ${text} is not HOST:PORT, for example 127.0.0.1:7070 or [::1]:7070.`)
  }
  return { host, port }
}

export const formatAddress = ({ host, port }: ListenAddress) => `${isIPv6(host) ? `[${host}]` : host}:${port}`
