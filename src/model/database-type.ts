/** What the public API accepts as DatabaseType, spelled as declared. A name added here must get its line in `engines/list.ts`. */
export const DATABASE_TYPE_NAMES = [
  'MySQL',
  'MariaDB',
  'DRDS',
  'PostgreSQL',
  'Oracle',
  'MSSQL',
  'MongoDB',
  'Redis',
] as const
export type DatabaseType = (typeof DATABASE_TYPE_NAMES)[number]

/** The port that is filled in where none is given. */
export const DEFAULT_PORTS: Readonly<Record<DatabaseType, number>> = {
  MySQL: 3306,
  MariaDB: 3306,
  DRDS: 3306,
  PostgreSQL: 5432,
  MSSQL: 1433,
  Oracle: 1521,
  MongoDB: 27017,
  Redis: 6379,
}

/** Any case in, the declared spelling out; undefined where it is none of ours. */
export function parseDatabaseType(text: string): DatabaseType | undefined {
  const wanted = text.toLowerCase()
  return DATABASE_TYPE_NAMES.find((name) => name.toLowerCase() === wanted)
}
