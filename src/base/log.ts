import { type Logger, pino } from 'pino'

export type Log = Logger

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** JSON lines on stderr, or pretty ones for people; stdout stays free for what was asked for. */
export function createLog(options: { level?: LogLevel; pretty?: boolean; name: string }): Log {
  const base = { level: options.level ?? 'info', base: { role: options.name } }
  if (!options.pretty) return pino(base, pino.destination({ dest: 2, sync: true }))
  return pino({
    ...base,
    transport: {
      target: 'pino-pretty',
      options: { destination: 2, ignore: 'pid,hostname,role', translateTime: 'SYS:HH:MM:ss.l' },
    },
  })
}

export const silentLog = (): Log => pino({ level: 'silent' })
