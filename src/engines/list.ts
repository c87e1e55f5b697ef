import type { EngineName } from '../model/database-type.ts'
import type { Engine } from './engine.ts'

/** The one list of engines. A driver is loaded on first use. */
export const ENGINES = {
  MySQL: async () => (await import('./mysql.ts')).mysqlEngine('MySQL'),
  MariaDB: async () => (await import('./mysql.ts')).mysqlEngine('MariaDB'),
  DRDS: async () => (await import('./mysql.ts')).mysqlEngine('DRDS'),
  PostgreSQL: async () => (await import('./postgresql.ts')).postgresqlEngine,
  Oracle: async () => (await import('./oracle.ts')).oracleEngine,
  Redis: async () => (await import('./redis.ts')).redisEngine,
} satisfies Record<EngineName, () => Promise<Engine>>
