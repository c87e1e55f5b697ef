import type { FastifyInstance } from 'fastify'
import { builtFolder } from './static-files.ts'
import { addStaticRoutes } from './static-routes.ts'

export const CONSOLE_PATH = '/console'

const NOT_BUILT = `The console is not built.

In a clone of Postern run: npm run build
Then open this address again; the server need not be started anew.
The API works without it.
`
/** What a page of the console cannot be called; the names of error codes and actions have dots too. */
const FILE_NAME = /\.(css|html|ico|js|json|map|png|svg|txt|woff2?)$/
const ASSETS = 'assets/'

/** The console as it was built: static files, with index.html for every page of it. */
export function addConsoleRoutes(app: FastifyInstance, folder = builtFolder('console')): void {
  addStaticRoutes(app, {
    path: CONSOLE_PATH,
    folder,
    notBuilt: NOT_BUILT,
    find: (files, path) => files.get(path.startsWith(ASSETS) || FILE_NAME.test(path) ? path : 'index.html'),
  })
}
