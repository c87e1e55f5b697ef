import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** Trusts what the machine trusts: a company's own authority is installed there, and Node.js ships another list. About 75 ms, once. */
export function trustSystemAuthorities(): void {
  setDefaultCACertificates([...new Set([...getCACertificates('default'), ...getCACertificates('system')])])
}
