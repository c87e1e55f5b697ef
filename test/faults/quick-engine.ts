import { setTimeout as sleep } from 'node:timers/promises'
import { startSilentServer } from '../fixtures/silent-server.ts'

/** Speaks Redis as far as a list needs it, in this process: it answers at once, or as slowly as is wanted. */
export interface QuickEngine extends AsyncDisposable {
  readonly port: number
  /** Before each answer to the question for the list. */
  delayMs: number
  /** Numbers of the databases that hold keys, from now on. */
  databases: readonly number[]
}

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
/** Not listing: these commands need an answer at the login and say nothing about databases. */
const ANSWERS: Readonly<Record<string, string>> = {
  PING: '+PONG\r\n',
  AUTH: '+OK\r\n',
  CLIENT: '+OK\r\n',
  'INFO SERVER': bulk('# Server\r\nredis_version:7.0.15\r\n'),
  'INFO REPLICATION': bulk('# Replication\r\nrole:master\r\n'),
  'INFO CLUSTER': bulk('# Cluster\r\ncluster_enabled:0\r\n'),
}

export async function startQuickEngine(): Promise<QuickEngine> {
  const state = { delayMs: 0, databases: [0] as readonly number[] }
  const keyspace = () =>
    bulk(['# Keyspace', ...state.databases.map((number) => `db${number}:keys=1,expires=0,avg_ttl=0`), ''].join('\r\n'))
  const server = await startSilentServer((socket) => {
    let turn: Promise<unknown> = Promise.resolve()
    socket.on('data', (bytes: Buffer) => {
      // One command at a time, as our client sends them: an array of bulk strings, the words at every second line.
      const words = bytes
        .toString('latin1')
        .split('\r\n')
        .filter((_, index) => index % 2 === 0 && index > 0)
      const [name = '', part = ''] = words.map((word) => word.toUpperCase())
      const key = name === 'INFO' ? `${name} ${part}` : name
      const answer = async () => {
        const listing = key === 'INFO KEYSPACE'
        if (listing && state.delayMs > 0) await sleep(state.delayMs)
        if (!socket.destroyed) socket.write(listing ? keyspace() : (ANSWERS[key] ?? '-ERR unknown command\r\n'))
      }
      turn = turn.then(answer)
    })
  })
  return {
    port: server.port,
    get delayMs() {
      return state.delayMs
    },
    set delayMs(ms) {
      state.delayMs = ms
    },
    get databases() {
      return state.databases
    },
    set databases(numbers) {
      state.databases = numbers
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
