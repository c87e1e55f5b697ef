import { statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../base/clock.ts'
import { ConfigurationError } from '../base/configuration-error.ts'
import type { Log } from '../base/log.ts'
import { CommandError } from './exit-code.ts'
import { formatAddress } from './listen-address.ts'
import { loadServerConfiguration, type ServerConfiguration } from './server-configuration.ts'
import { resolveServerSettings, type ServerSettings } from './server-settings.ts'

/** A change is read when the files have been the same for two looks: a certificate and its key are not written at one moment. */
const LOOK_EVERY_MS = 1_000

/** The settings of a running server: read `current` at each use, never keep what it held. */
export interface LiveSettings extends Disposable {
  readonly current: ServerSettings
  /** Reads all files again. What is broken is logged and changes nothing. Never throws. */
  reload(): void
  /** Told of each later change, after `current` has it. */
  onChange(listener: (settings: ServerSettings) => void): void
}

export interface SettingsSource {
  readonly data: string
  /** YAML file with settings. */
  readonly config?: string | undefined
  /** Of the command line; they win. */
  readonly given: ServerConfiguration
}

/** Reads the files, and again when one of them changes. Throws ConfigurationError or CommandError at the start only. */
export function liveSettings(source: SettingsSource, { log, clock }: { log: Log; clock: Clock }): LiveSettings {
  const listeners: ((settings: ServerSettings) => void)[] = []
  let configured = readConfigured(source)
  let current = resolveServerSettings(source.data, configured)
  let stamp = stampOf(filesOf(source, configured))
  let seen = stamp

  const reload = () => {
    stamp = stampOf(filesOf(source, configured))
    seen = stamp
    try {
      const next = readConfigured(source)
      const settings = changeable(next, current, source.data)
      warnOfRestart(next, { current, data: source.data, log })
      configured = next
      current = settings
      stamp = stampOf(filesOf(source, configured))
      seen = stamp
      for (const listener of listeners) listener(current)
      log.info({ files: filesOf(source, configured) }, 'the settings were reloaded')
    } catch (error) {
      const known = error instanceof ConfigurationError || error instanceof CommandError
      log.error(
        { problems: known ? error.message.split('\n') : ['internal error'], ...(!known && { err: error }) },
        'the settings are broken: the ones before them count',
      )
    }
  }
  const look = clock.every(LOOK_EVERY_MS, () => {
    const now = stampOf(filesOf(source, configured))
    if (now !== stamp && now === seen) reload()
    seen = now
  })

  return {
    get current() {
      return current
    },
    reload,
    onChange: (listener) => void listeners.push(listener),
    [Symbol.dispose]: () => look.cancel(),
  }
}

function readConfigured({ config, given }: SettingsSource): ServerConfiguration {
  if (config === undefined) return given
  const { store, storeFile, storeDirect, bus, busFile, ...others } = loadServerConfiguration(config)
  // Where one is given, what the file says in another way is replaced with it.
  const isStoreGiven = given.store !== undefined || given.storeFile !== undefined
  const isBusGiven = given.bus !== undefined || given.busFile !== undefined
  return {
    ...others,
    ...(!isStoreGiven && { store, storeFile, storeDirect }),
    ...(!isBusGiven && { bus, busFile }),
    ...given,
  }
}

/** The new settings with what cannot change while the process runs as it was. */
function changeable(next: ServerConfiguration, running: ServerSettings, data: string): ServerSettings {
  const { database, bus } = running
  const resolved = resolveServerSettings(data, {
    ...next,
    listen: formatAddress(running.listen),
    keyFile: running.keyFile,
    selfSigned: running.selfSigned,
    metricsListen: running.metricsListen && formatAddress(running.metricsListen),
  })
  const settings = { ...resolved, database, bus }
  if ((settings.tls === undefined) === (running.tls === undefined)) return settings
  const { tls: _, ...others } = settings
  return { ...others, publicUrl: next.publicUrl ?? running.publicUrl, ...(running.tls && { tls: running.tls }) }
}

function warnOfRestart(
  next: ServerConfiguration,
  { current, data, log }: { current: ServerSettings; data: string; log: Log },
): void {
  const wanted = resolveServerSettings(data, next)
  const changed = {
    listen: formatAddress(wanted.listen) !== formatAddress(current.listen),
    metricsListen: JSON.stringify(wanted.metricsListen) !== JSON.stringify(current.metricsListen),
    keyFile: wanted.keyFile !== current.keyFile,
    store: !isDeepStrictEqual(wanted.database, current.database),
    bus: wanted.bus !== current.bus,
    selfSigned: wanted.selfSigned !== current.selfSigned,
    'tlsCert and tlsKey': (wanted.tls === undefined) !== (current.tls === undefined),
  }
  for (const [key, differs] of Object.entries(changed)) {
    if (differs) log.warn({ key }, `${key} has changed: that counts after a restart`)
  }
}

const filesOf = ({ config }: SettingsSource, { tlsCert, tlsKey }: ServerConfiguration) =>
  [config, tlsCert, tlsKey].filter((file) => file !== undefined)

function stampOf(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        const { mtimeMs, ctimeMs, size, ino } = statSync(file)
        return `${mtimeMs}:${ctimeMs}:${size}:${ino}`
      } catch {
        return 'missing'
      }
    })
    .join(' ')
}
