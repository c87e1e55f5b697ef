import { isIPv6 } from 'node:net'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export const HOST_AND_PORT = 'HOST:PORT, for example 127.0.0.1:7070 or [::1]:7070'

/** `HOST:PORT`, `[::1]:PORT` or `localhost:PORT`; port 0 takes a free one. Undefined for anything else. */
export function listenAddressOf(text: string): ListenAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return match === null || host === undefined || host === '' || port > 65_535 ? undefined : { host, port }
}

export const formatAddress = ({ host, port }: ListenAddress) => `${isIPv6(host) ? `[${host}]` : host}:${port}`
