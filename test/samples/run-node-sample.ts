import { runInNewContext } from 'node:vm'
import { z } from 'zod'

const request = z.object({ body: z.record(z.string(), z.string()) })

/** What the clients' own classes keep of what they are given. */
function Carrier(this: object, fields: object) {
  Object.assign(this, fields)
}

/** Runs the program over a client that answers in turn, for what is about the text of the program alone. */
export async function runNodeSample(sample: string, answers: readonly object[]) {
  const sent: Record<string, string>[] = []
  const printed: string[] = []
  class Client {
    callApi(_params: unknown, asked: unknown) {
      sent.push(request.parse(asked).body)
      return { body: answers[sent.length - 1] }
    }
  }
  const say = (text: string) => void printed.push(text)
  const openApi = { default: Client, Config: Carrier, Params: Carrier, OpenApiRequest: Carrier }
  const around = {
    openApi,
    teaUtil: { RuntimeOptions: Carrier },
    process: { env: {} },
    console: { log: say, error: say },
  }
  await runInNewContext(`(async () => {${sample.replaceAll(/^import .*$/gm, '')}})()`, around)
  return { sent, printed }
}
