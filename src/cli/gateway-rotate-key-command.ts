import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { identityFile, keyFingerprints, loadIdentity } from '../gateway/identity.ts'
import { isRotationRequested, requestRotation } from '../gateway/key-rotation.ts'
import type { KeyFingerprint } from '../model/ids.ts'
import { CommandError, EXIT, reason } from './exit-code.ts'
import type { Terminal } from './terminal.ts'
import { withProgress } from './terminal.ts'

/** A running gateway looks every 2 s; then it has to reach its server twice. */
const TAKEN_MS = 10_000
const ROTATED_MS = 20_000
const LOOK_MS = 100

export function addRotateKeyCommand(gateway: Command, terminal: Terminal): void {
  gateway
    .command('rotate-key')
    .summary('replace the key of a gateway by a new one')
    .description(
      'Asks the gateway that runs with this folder to make a new key and to offer it to its server, and waits until the server has taken it; the old key opens no session from then on. Where no gateway runs, the next start does it. Run it as the user of the gateway. The gateway keeps the old key for 30 days, for a server that is restored from a backup.',
    )
    .requiredOption('--data <dir>', 'folder with gateway.json')
    .addHelpText('after', '\nExample:\n  postern gateway rotate-key --data /var/lib/postern-gateway')
    .action(({ data }: { data: string }) => rotate(data, terminal))
}

async function rotate(folder: string, terminal: Terminal): Promise<void> {
  const before = keyFingerprints(await loadIdentity(folder))
  await requestRotation(folder).catch((error: unknown) => {
    throw new CommandError(EXIT.failed, `The request for a new key cannot be written: ${reason(error)}`, {
      cause: error,
    })
  })
  const done = await withProgress(terminal, 'waiting for the gateway', async () => {
    if (!(await within(TAKEN_MS, async () => !(await isRotationRequested(folder))))) return 'not taken'
    return (await within(ROTATED_MS, () => isOtherKey(folder, before.current))) ? 'rotated' : 'not rotated'
  })
  const { current, next } = keyFingerprints(await loadIdentity(folder))
  if (done === 'rotated') {
    terminal.out(`new key: sha256:${current}\nold key: sha256:${before.current}\n`)
    return
  }
  if (done === 'not rotated') {
    throw new CommandError(
      EXIT.noConnection,
      `The new key sha256:${next ?? current} is in ${identityFile(folder)}, and the gateway has not reached its server yet: it goes on trying, and the old key counts until then.`,
    )
  }
  terminal.out('No gateway runs with this folder: its next start makes a new key and offers it to the server.\n')
}

const isOtherKey = async (folder: string, before: KeyFingerprint) =>
  keyFingerprints(await loadIdentity(folder)).current !== before

async function within(ms: number, condition: () => Promise<boolean>): Promise<boolean> {
  const until = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > until) return false
    await setTimeout(LOOK_MS)
  }
  return true
}
