function noCompiler(): never {
  throw new Error('no route has a schema')
}

/** Options of the router without what we do ourselves. */
export const PLAIN_ROUTER = {
  routerOptions: { querystringParser: () => ({}) },
  exposeHeadRoutes: false,
  return503OnClosing: false,
  // Without these every start would load two compilers of schemas.
  schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
}
