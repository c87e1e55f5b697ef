/** Engines with their usual ports, as the server has them. */
export const ENGINE_PORTS = {
  MySQL: 3306,
  MariaDB: 3306,
  DRDS: 3306,
  PostgreSQL: 5432,
  Oracle: 1521,
  MSSQL: 1433,
  MongoDB: 27017,
  Redis: 6379,
} as const
export type Engine = keyof typeof ENGINE_PORTS
export const isEngine = (name: string): name is Engine => Object.hasOwn(ENGINE_PORTS, name)
export const ENGINES = Object.keys(ENGINE_PORTS).filter(isEngine)
