/** Name of the store's file in its folder. */
export const STORE_FILE = 'postern.db'
