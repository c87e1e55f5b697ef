import type { Server } from 'node:http'
import { join } from 'node:path'
import { createAccessKeys } from '../access/access-keys.ts'
import { createAccessService } from '../access/access-service.ts'
import { createAuthorise } from '../access/authorise.ts'
import { createConsoleCodes } from '../access/console-codes.ts'
import { createConsoleSignIn } from '../access/console-sign-in.ts'
import { createNonces } from '../access/nonces.ts'
import { createSharedThrottle } from '../access/shared-throttle.ts'
import { createThrottle } from '../access/throttle.ts'
import { createActions } from '../api/actions.ts'
import { createApiAudit } from '../api/api-audit.ts'
import { createApiServer } from '../api/server.ts'
import { startAdminServer } from '../admin/admin-server.ts'
import { adminSocketPath } from '../admin/admin-socket.ts'
import { auditFolder } from '../audit/audit-folder.ts'
import { createAuditReader } from '../audit/audit-reader.ts'
import { openAuditTrail } from '../audit/audit-trail.ts'
import { spreadOf } from '../base/backoff.ts'
import { type Clock, sleep } from '../base/clock.ts'
import { watchClockJumps } from '../base/clock-jump.ts'
import type { Log } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import { createGatewayHistory } from '../fleet/gateway-history.ts'
import { createFleetService } from '../fleet/fleet-service.ts'
import { createPresence } from '../fleet/presence.ts'
import { startResultVerifier } from '../fleet/result-verifier.ts'
import { createSessions } from '../fleet/sessions.ts'
import { callerAddress } from '../model/caller-address.ts'
import { createSignatureVerifier } from '../link/signature-verifier.ts'
import { listenForLinks } from '../link/listen.ts'
import { LINK_PATH } from '../link/messages.ts'
import { STORE_FILE } from '../store/sqlite/store-file.ts'
import { createDispatcher } from '../tasks/dispatcher.ts'
import { createRecentTasks } from '../tasks/recent-tasks.ts'
import { startReaper } from '../tasks/reaper.ts'
import { createTaskStatistics } from '../tasks/task-statistics.ts'
import { createTaskService } from '../tasks/task-service.ts'
import { createTaskWaiters } from '../tasks/task-waiters.ts'
import { auditOperator } from './audit-operator.ts'
import { auditSignIns } from './audit-sign-ins.ts'
import { formatAddress } from './listen-address.ts'
import { watchLostStore } from './lost-store.ts'
import { measuredLinks } from './measured-links.ts'
import { measuredStore } from './measured-store.ts'
import { openBus } from './open-bus.ts'
import { ensureRootAccount } from './root-key.ts'
import { ensureSelfSigned, renewSelfSigned } from './self-signed.ts'
import { NO_METRICS } from './no-metrics.ts'
import { serveMetrics } from './serve-metrics.ts'
import { openServerStore } from './server-store.ts'
import { stateGauges } from './state-gauges.ts'
import type { LiveSettings } from './live-settings.ts'
import { MAX_TIMESTAMP_WINDOW_MINUTES } from './server-configuration.ts'
import type { TlsPair } from './tls-files.ts'

/** After the drain's grace gateways come back to another node, or to this one when it is up again. */
const DRAIN_AFTER_MS = 500
/** What has not ended by then is cut. */
const CLOSE_MS = 3_000
/** Of the largest window that can be set: a window that grows must not make a used nonce good again. */
const NONCE_MS = 2 * MAX_TIMESTAMP_WINDOW_MINUTES * 60_000

export interface RunningServer {
  /** Resolves when the process can only be started again; never, where all is well. */
  readonly failed: Promise<Error>
  /** Drains (row 29) and ends; resolves when everything is closed. */
  stop(): Promise<void>
}

const createMetrics = async (clock: Clock) => (await import('./server-metrics.ts')).createServerMetrics(clock)

/** Wires one server process by hand and starts it. What was opened is closed in reverse order, also when a start fails. */
export async function startServer(live: LiveSettings, parts: { log: Log; clock: Clock }): Promise<RunningServer> {
  const { log } = parts
  /** What cannot change while the process runs. */
  const settings = live.current
  const { database } = settings
  await using opened = new AsyncDisposableStack()

  const adminSocket = adminSocketPath(settings.data, process.cwd())
  const found = opened.use(await openServerStore({ data: settings.data, database, clock: parts.clock, log }))
  const { clock, jobs } = found
  const metrics = settings.metricsListen === undefined ? NO_METRICS : await createMetrics(clock)
  const store = measuredStore(found.store, metrics)
  const { keyFile, data } = settings
  const box = await ensureRootAccount({ store: store.access, keyFile, data, log })

  // Only now: the lock of the store keeps a second process from making another key.
  const selfSigned = settings.selfSigned ? await ensureSelfSigned(settings, clock.wall()) : undefined
  const tls = selfSigned ?? settings.tls
  if (selfSigned !== undefined) {
    const until = new Date(selfSigned.until).toISOString()
    log.info({ fingerprint: `sha256:${selfSigned.pin}`, until }, 'serving a self-signed certificate')
  }

  const trail = opened.use(
    await openAuditTrail({
      data: settings.data,
      server: store.serverId,
      retentionMs: () => live.current.auditRetentionMs,
      clock,
      log,
    }),
  )
  const jumps = watchClockJumps(clock, log)
  opened.defer(() => jumps.cancel())
  const installation = store.serverId
  const about = { installation, databaseUrl: database?.directUrl, metrics, clock, log }
  const bus = opened.use(await openBus(settings.bus, about))
  const accessKeys = createAccessKeys({ store: store.access, box, clock })
  const nonces = opened.use(createNonces({ store: store.access, clock, log, keepMs: NONCE_MS }))
  const limits = { rates: () => live.current.throttle, clock, log }
  const { buckets } = store
  const throttle = buckets === undefined ? createThrottle(limits) : createSharedThrottle({ ...limits, buckets })
  const waiters = opened.use(await createTaskWaiters({ bus, clock }))
  const history = createGatewayHistory(clock)
  const presence = opened.use(
    createPresence({
      store: store.fleet,
      clock,
      log,
      onSeen: (gateway, quality) => history.seen(gateway, { ...quality, running: dispatcher.runningOn(gateway) }),
      onGone: (gateway) => history.gone(gateway),
    }),
  )
  const retention = () => ({ taskMs: live.current.taskRetentionMs })
  const recent = createRecentTasks(clock, retention)
  const dispatcher = opened.use(await createDispatcher({ store, bus, recent, clock, log }))
  const sessions = opened.use(
    await createSessions({
      store: store.fleet,
      serverId: store.serverId,
      presence,
      bus,
      events: dispatcher.events,
      clock,
      log,
      onSignIn: auditSignIns(trail),
    }),
  )
  const tasks = createTaskService({ store: store.tasks, bus, waiters, recent, clock })
  const fleet = createFleetService({
    store: store.fleet,
    presence,
    bus,
    serverId: store.serverId,
    clock,
    ...(selfSigned && { pin: selfSigned.pin }),
  })
  const access = createAccessService({ store: store.access, box })
  opened.use(startReaper({ store, bus, dispatcher, retention, clock, log }))
  const leave = () => sessions.drain({ afterMs: 0, spreadMs: spreadOf(sessions.size) })
  // Where nobody else has the store, there is nowhere else to go.
  if (database) opened.use(watchLostStore({ problem: () => store.problem?.(), leave, clock, log }))
  const { verifyAll } = opened.use(createSignatureVerifier())
  opened.use(startResultVerifier({ store: store.tasks, serverId: store.serverId, verifyAll, clock, log }))

  const consoleCodes = createConsoleCodes({ clock })
  const services = {
    consoleCodes,
    file: join(settings.data, STORE_FILE),
    keyFile: settings.keyFile,
    auditFolder: auditFolder(settings.data),
    access: () => Promise.resolve({ store: store.access, box }),
    jobs,
    record: auditOperator(trail),
  }
  opened.use(await startAdminServer({ path: adminSocket, services, log }))

  metrics.gauges({
    postern_gateways_connected: { help: 'Gateways connected to this node.', read: () => sessions.size },
    postern_attempts_running: { help: 'Attempts that gateways of this node run.', read: () => dispatcher.running },
    postern_readers_waiting: { help: 'Callers that wait for the end of a task.', read: () => waiters.size },
    ...stateGauges({ store, fleet, trail, data: settings.data, clock }),
  })
  const writeProblem = () => trail.problem
  const statistics = opened.use(createTaskStatistics({ store: store.tasks, clock, log }))
  const audit = opened.use(createAuditReader({ data: settings.data, writeProblem, clock, log }))
  const api = await createApiServer({
    actions: createActions({ tasks, fleet, access, audit, statistics, history }),
    accessKeys,
    nonces,
    throttle,
    authorise: createAuthorise(access),
    fleet,
    consoleSignIn: createConsoleSignIn({ codes: consoleCodes, store: store.access, access, clock }),
    settings: () => live.current,
    restoredAt: store.restoredAt,
    notReady: () => trail.problem ?? store.problem?.(),
    audit: createApiAudit(trail, () => live.current.auditReads),
    waiting: () => waiters.size,
    clock,
    log,
    onAnswer: ({ action = 'none', code = 'OK', ms }) => metrics.answered({ action, code, ms }),
    upgradePath: LINK_PATH,
    ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
  })
  opened.defer(() => api.close(CLOSE_MS))
  if (selfSigned !== undefined) {
    const replaceCertificate = (renewed: TlsPair) => api.replaceCertificate(renewed)
    opened.use(renewSelfSigned({ settings: () => live.current, served: selfSigned, replaceCertificate, clock, log }))
  }
  live.onChange(({ tls: changed }) => changed !== undefined && api.replaceCertificate(changed))
  const callerOf = callerAddress((address) => live.current.isTrustedProxy(address))
  const expected = await store.fleet.count()
  const host = measuredLinks(sessions, metrics)
  opened.use(listenForLinks({ http: api.httpServer, host, clock, log, expected }, callerOf))
  const address = await api.listen(settings.listen.host, settings.listen.port)
  if (settings.metricsListen !== undefined) {
    const server = await serveMetrics(metrics, settings.metricsListen)
    opened.defer(() => closeHttp(server))
  }
  log.info({ version: VERSION, address: formatAddress({ host: address.address, port: address.port }) }, 'listening')

  const running = opened.move()
  return {
    failed: store.failed,
    async stop() {
      const { drainGraceMs } = live.current
      log.info({ graceMs: drainGraceMs }, 'draining')
      // Load balancers see it at once; callers are still served, so that none meets a closed door. Each answer ends its
      // connection, so that none is left to send a request on in the moment in which it is closed.
      api.drain()
      await sleep(clock, drainGraceMs)
      waiters.release()
      sessions.drain({ afterMs: DRAIN_AFTER_MS, spreadMs: spreadOf(sessions.size) })
      await running.disposeAsync()
      log.info('stopped')
    },
  }
}

async function closeHttp(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
