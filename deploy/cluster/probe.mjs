/**
 * Probes for containers without curl; exit code 0 is healthy.
 * node probe.mjs https://HOST:PORT/PATH CA-FILE NAME  answers 200, with a certificate of this authority for NAME
 * node probe.mjs --connected-to PORT                  something here has a connection to that port
 */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'

const TIMEOUT_MS = 3_000
const ESTABLISHED = '01'

const [what, ...rest] = process.argv.slice(2)
if (what === '--connected-to') {
  const [port] = rest
  end(isConnectedTo(Number(port)) ? undefined : `there is no connection to port ${port}`)
} else {
  const [ca, servername] = rest
  const asked = request(what, { ca: readFileSync(ca), servername, timeout: TIMEOUT_MS, agent: false }, (response) => {
    response.resume()
    end(response.statusCode === 200 ? undefined : `the answer is ${response.statusCode}`)
  })
  asked.on('timeout', () => asked.destroy(new Error('there is no answer')))
  asked.on('error', (error) => end(error.message))
  asked.end()
}

/** Of the network of this container: lines of local address, remote address and state, in hexadecimal. */
function isConnectedTo(port) {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['/proc/net/tcp', '/proc/net/tcp6'].some((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .some(([, , address, state]) => state === ESTABLISHED && address.endsWith(remote)),
  )
}

function end(problem) {
  if (problem !== undefined) console.error(problem)
  process.exit(problem === undefined ? 0 : 1)
}
