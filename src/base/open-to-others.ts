import type { Stats } from 'node:fs'

/**
 * Whether users besides its owner may open a file with a secret. What systemd hands a service (LoadCredential) is
 * root:root 0440 where it lets the one user in by an access control list: the group's bit is that list's mask, and nobody
 * besides root is in the group.
 */
export function isOpenToOthers({ mode, uid, gid }: Pick<Stats, 'mode' | 'uid' | 'gid'>): boolean {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return false
  const ofSystemd = (mode & 0o777) === 0o440 && uid === 0 && gid === 0
  return !ofSystemd
}
