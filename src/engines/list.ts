import type { DatabaseType } from '../model/database-type.ts'
import type { Engine } from './engine.ts'

/** The one list of engines. A driver is loaded on first use. */
export const ENGINES = {
  MySQL: async () => (await import('./mysql.ts')).mysqlEngine('MySQL'),
  MariaDB: async () => (await import('./mysql.ts')).mysqlEngine('MariaDB'),
  DRDS: async () => (await import('./mysql.ts')).mysqlEngine('DRDS'),
  PostgreSQL: async () => (await import('./postgresql.ts')).postgresqlEngine,
  MongoDB: async () => (await import('./mongodb.ts')).mongodbEngine,
  Oracle: async () => (await import('./oracle.ts')).oracleEngine,
  MSSQL: async () => (await import('./sqlserver.ts')).sqlserverEngine,
  Redis: async () => (await import('./redis.ts')).redisEngine,
} satisfies Record<DatabaseType, () => Promise<Engine>>
