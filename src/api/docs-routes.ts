import type { FastifyInstance } from 'fastify'
import { builtFolder } from './static-files.ts'
import { addStaticRoutes } from './static-routes.ts'

const NOT_BUILT = `The documentation is not built.

In a clone of Postern run: npm run build
Then open this address again; the server need not be started anew.
Its pages are in the folder docs/ of the clone too.
`
const MISSING = '404.html'

/** The documentation as it was built: `/docs/guide/install` is guide/install.html. */
export function addDocsRoutes(app: FastifyInstance, folder = builtFolder('docs')): void {
  addStaticRoutes(app, {
    path: '/docs',
    folder,
    notBuilt: NOT_BUILT,
    missing: MISSING,
    find: (files, path) => files.get(path === '' ? 'index.html' : `${path}.html`) ?? files.get(path),
  })
}
