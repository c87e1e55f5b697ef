/**
 * `node:http` without what an `import` of it does besides: that asks for each of its exports, and one of them loads a whole
 * HTTP client, 30 ms of every start.
 */
export const http = process.getBuiltinModule('node:http')
