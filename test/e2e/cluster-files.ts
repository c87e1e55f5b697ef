import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROOT, runScript } from '../setup/script-process.ts'

export const CLUSTER = join(ROOT, 'deploy', 'cluster')

const limit = z.object({ soft: z.number(), hard: z.number() })
const secret = z
  .string()
  .transform((source) => ({ source, target: `/run/secrets/${source}` }))
  .or(z.object({ source: z.string(), target: z.string() }))
const service = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  user: z.string(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()),
  secrets: z.array(secret),
  networks: z.array(z.string()).or(z.record(z.string(), z.unknown()).transform((networks) => Object.keys(networks))),
  ports: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  restart: z.string(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  ulimits: z.object({ nofile: limit, core: z.literal(0) }),
  deploy: z.object({
    resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string(), pids: z.number() }) }),
  }),
  healthcheck: z.object({
    test: z.tuple([z.literal('CMD')], z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number(),
  }),
  stop_grace_period: z.string(),
})
const compose = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
})
export type ClusterService = z.infer<typeof service>

/** compose.yaml with its anchors resolved. Throws where a service lacks a limit, a probe or one of the protections. */
export async function readCompose() {
  return compose.parse(parse(await readFile(join(CLUSTER, 'compose.yaml'), 'utf8'), { merge: true }))
}

/** A copy of the folder, with the secrets and certificates that its own script makes for this name. */
export async function prepareCluster(folder: string, name: string) {
  await mkdir(folder)
  for (const file of await readdir(CLUSTER)) {
    if (file !== 'secrets') await copyFile(join(CLUSTER, file), join(folder, file))
  }
  const prepare = () => runScript('sh', [join(folder, 'prepare.sh'), name], { cwd: folder })
  const end = await prepare()
  if (end.code !== 0) throw new Error(end.stderr)
  const secrets = join(folder, 'secrets')
  return {
    secrets,
    prepare,
    read: (file: string) => readFile(join(secrets, file), 'utf8'),
    /** A file of the folder in another place, changed; readable by its owner alone. */
    async install(file: string, to: string, change: (text: string) => string) {
      await writeFile(to, change(await readFile(join(folder, file), 'utf8')), { mode: 0o600 })
      return to
    },
  }
}
