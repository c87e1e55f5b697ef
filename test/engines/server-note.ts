/** Begins the diagnostic of a contract suite that tells which server answered; JSON follows. See scripts/test/engines-table.ts. */
export const SERVER_NOTE = 'server: '
