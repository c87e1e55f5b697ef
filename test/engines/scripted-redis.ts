import { startSilentServer } from '../fixtures/silent-server.ts'

export interface ScriptedRedis extends AsyncDisposable {
  readonly port: number
  readonly accepted: number
  /** Everything that clients sent. */
  received(): string
}

export const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`

/** What a healthy server says, by the command's words in upper case. */
const USUAL: Readonly<Record<string, string>> = {
  PING: '+PONG\r\n',
  AUTH: '+OK\r\n',
  CLIENT: '+OK\r\n',
  'INFO SERVER': bulk('# Server\r\nredis_version:7.0.15\r\n'),
  'INFO REPLICATION': bulk('# Replication\r\nrole:master\r\n'),
  'INFO CLUSTER': bulk('# Cluster\r\ncluster_enabled:0\r\n'),
  'INFO KEYSPACE': bulk('# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n'),
}

/** Answers as a healthy server but for these commands; an answer can be given in turns, the last one for ever. */
export async function startScriptedRedis(
  script: Readonly<Record<string, string | readonly string[]>>,
): Promise<ScriptedRedis> {
  const received: Buffer[] = []
  const server = await startSilentServer((socket) => {
    const turns = new Map<string, number>()
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes)
      const words = bytes
        .toString('utf8')
        .split('\r\n')
        .filter((_, index) => index % 2 === 0 && index > 0)
      const [name = '', part = ''] = words.map((word) => word.toUpperCase())
      const key = name === 'INFO' || name === 'CLUSTER' ? `${name} ${part}` : name
      const answers = [script[key] ?? USUAL[key] ?? '-ERR unknown command\r\n'].flat()
      const turn = turns.get(key) ?? 0
      turns.set(key, turn + 1)
      socket.write(answers[Math.min(turn, answers.length - 1)] ?? '')
    })
  })
  return {
    port: server.port,
    get accepted() {
      return server.accepted
    },
    received: () => Buffer.concat(received).toString('utf8'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
