import { join } from 'node:path'

/** What each kind of start loads. A module that several of them load is in a file of exactly those, so none loads more than it needs. */
const STARTS = {
  command: ['cli/main.ts', 'cli/program.ts'],
  server: [
    'cli/server-command.ts',
    'base/log.ts',
    'cli/live-settings.ts',
    'cli/server-configuration.ts',
    'cli/server-process.ts',
  ],
  gateway: ['cli/gateway-commands.ts', 'base/log.ts', 'gateway/configuration-source.ts', 'gateway/gateway.ts'],
  thread: ['store/sqlite/writer.ts', 'link/signature-thread.ts'],
}
/** All commands that end soon; what only some of them load is left to the bundler. */
const SHORT = 'short'
const COMMAND = /[\\/]cli[\\/][^\\/]+-commands?\.ts$/

/** The files of the program: `nameOf` says which one a module goes into, undefined where the bundler is to decide. */
export function startChunks({ src }) {
  const names = new Map()
  const plugin = {
    name: 'start-chunks',
    buildEnd(error) {
      if (error) return
      const starts = Object.entries(STARTS).map(([name, files]) => [name, files.map((file) => join(src, file))])
      const long = starts.flatMap(([, files]) => files)
      const short = [...this.getModuleIds()].filter((id) => COMMAND.test(id) && !long.includes(id))
      const startsOf = new Map()
      for (const [name, roots] of [...starts, [SHORT, short]]) {
        for (const id of loadedBy(roots, this)) startsOf.set(id, [...(startsOf.get(id) ?? []), name])
      }
      for (const [id, loading] of startsOf) {
        if (loading.join() !== SHORT && !this.getModuleInfo(id).isEntry) names.set(id, loading.join('-'))
      }
    },
  }
  return { plugin, nameOf: (id) => names.get(id) }
}

/** With everything that they import, but for what is loaded when it is needed. */
function loadedBy(roots, graph) {
  const loaded = new Set()
  const next = [...roots]
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (loaded.has(id)) continue
    const module = graph.getModuleInfo(id)
    if (module === null && roots.includes(id)) throw new Error(`${id} is not part of the program any more`)
    loaded.add(id)
    next.push(...(module?.importedIds ?? []))
  }
  return loaded
}
