import { join } from 'node:path'
import { type Place, runTool, type Toolchain } from './toolchain.ts'

/** Writable, so that the folder can be removed; and never another Go than the one that is here. */
const settings = ({ fetched }: Place) => ({
  GOMODCACHE: join(fetched, 'modules'),
  GOCACHE: join(fetched, 'compiled'),
  GOFLAGS: '-modcacherw -mod=readonly -buildvcs=false',
  GOTOOLCHAIN: 'local',
})

export const GO: Toolchain = {
  language: 'Go',
  source: 'go',
  manifest: 'go.mod',
  tools: [['go', 'version']],
  inShortRun: false,
  fetch: (place) => runTool(['go', 'mod', 'download'], { cwd: place.source, env: settings(place) }),
  build: (place) =>
    runTool(['go', 'build', '-o', join(place.built, 'client-program'), '.'], {
      cwd: place.source,
      env: { ...settings(place), GOPROXY: 'off' },
    }),
  command: ({ built }) => [join(built, 'client-program')],
}
