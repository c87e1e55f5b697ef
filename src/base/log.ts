import { createRequire } from 'node:module'
import { type Logger, pino } from 'pino'
import type * as PinoPretty from 'pino-pretty'
import type { LogLevel } from './log-levels.ts'

/** Loaded for people only. */
const load: (name: 'pino-pretty') => Pick<typeof PinoPretty, 'prettyFactory'> = createRequire(import.meta.url)

export type Log = Logger

interface Destination {
  write(line: string): unknown
}

/** The priorities of syslog, which journald takes from a `<N>` before a line and does not keep in the message. */
const PRIORITIES: Readonly<Record<string, number>> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 }

/**
 * JSON lines on stderr, or pretty ones for people; stdout stays free for what was asked for.
 * For the journal every line begins with its priority, so that `journalctl -p err` works.
 */
export function createLog(options: { level?: LogLevel; pretty?: boolean; journal?: boolean; name: string }): Log {
  const base = { level: options.level ?? 'info', base: { role: options.name } }
  const destination = pino.destination({ dest: 2, sync: true })
  if (options.pretty) return pino(base, forPeople(destination))
  return options.journal ? pino(base, withPriority(destination)) : pino(base, destination)
}

function forPeople(destination: Destination): Destination {
  const format = load('pino-pretty').prettyFactory({ ignore: 'pid,hostname,role', translateTime: 'SYS:HH:MM:ss.l' })
  return { write: (line) => destination.write(format(line)) }
}

function withPriority(destination: Destination) {
  return {
    // With this pino tells the level of each line before it writes the line.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string) {
      const priority = PRIORITIES[pino.levels.labels[this.lastLevel] ?? 'info'] ?? 6
      destination.write(`<${priority}>${line}`)
    },
  }
}

export const silentLog = (): Log => pino({ level: 'silent' })
