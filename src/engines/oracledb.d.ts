/** What we use of the vendor's driver, which has no types of its own. Results come from outside: they are `unknown`. */
declare module 'oracledb' {
  namespace driver {
    interface OracleResultSet {
      getRows(count: number): Promise<readonly unknown[]>
      close(): Promise<void>
    }
    interface OracleConnection {
      /** Milliseconds for one round trip; then the driver asks the server to stop. */
      callTimeout: number
      readonly oracleServerVersionString: string
      execute(
        sql: string,
        binds: readonly never[],
        options: { resultSet: true; fetchArraySize: number; prefetchRows: number },
      ): Promise<{ readonly resultSet?: OracleResultSet }>
      close(): Promise<void>
    }
    interface OracleDriver {
      getConnection(options: Readonly<Record<string, string | number>>): Promise<OracleConnection>
    }
  }
  const driver: driver.OracleDriver
  export = driver
}

/** The one place where the driver opens a connection. */
declare module 'oracledb/lib/thin/sqlnet/ntTcp.js' {
  class Transport {
    stream: unknown
    connected: boolean
    ntConnect(address: unknown): Promise<void>
  }
  export = Transport
}
