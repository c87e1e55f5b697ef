import { redisEngine } from '../../src/engines/redis.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'

engineSuite({
  name: 'Redis',
  givenAs: 'Redis',
  skip: !findRedis() && 'Redis is not on this machine (Debian: redis-server)',
  product: 'Redis',
  names: ['db0', 'db3', 'db7'],
  others: [],
  system: [],
  grants: (name) => redisEngine.grants(name),
  otherLooksLike: /MySQL/,
  answersLikeRedis: true,
  startOther: async () => (findMariadb() === undefined ? undefined : startMariadb()),
  async start({ tls }) {
    const server = await startRedis(tls === undefined ? {} : { tls })
    const clients = async (name: string) => {
      const lines = (await server.command('CLIENT', 'LIST')).split('\n')
      return lines.filter((line) => line.includes(` user=${name} `))
    }
    return {
      port: server.port,
      ...(tls === undefined ? {} : { tlsPort: server.tlsPort }),
      async createUser(name, password) {
        await server.command('ACL', 'SETUSER', name, 'on', `>${password}`)
        for (const { statement } of redisEngine.grants(name)) await server.command(...statement.split(' '))
      },
      async createDatabase(name) {
        await server.command('-n', name.slice(2), 'SET', 'key', 'value')
      },
      sessionsOf: async (name) => (await clients(name)).length,
      markOf: async (name) => (await clients(name)).join('\n'),
      usesTls: async () => (await clients(USER)).some((line) => line.includes(` laddr=127.0.0.1:${server.tlsPort} `)),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
})
