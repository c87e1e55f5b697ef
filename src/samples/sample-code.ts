import { aliyunSample } from './aliyun-sample.ts'
import { curlSample } from './curl-sample.ts'
import { goSample } from './go-sample.ts'
import { javaSample } from './java-sample.ts'
import { nodeSample } from './node-sample.ts'
import { posternSample } from './postern-sample.ts'
import { pythonSample } from './python-sample.ts'
import { CREATE_TASK, type SampleAction, sampleRequest, type Template } from './sample-request.ts'

/** The one list of languages. */
export const TEMPLATES = {
  curl: curlSample,
  aliyun: aliyunSample,
  node: nodeSample,
  python: pythonSample,
  go: goSample,
  java: javaSample,
  postern: posternSample,
} as const satisfies Record<string, Template>
export type SampleLanguage = keyof typeof TEMPLATES

export const isSampleLanguage = (name: string): name is SampleLanguage => Object.hasOwn(TEMPLATES, name)

/** Whether there is a sample that also waits for what the action started. */
export const canWaitForList = ({ name }: Pick<SampleAction, 'name'>) => name === CREATE_TASK

export interface SampleOptions {
  readonly language: SampleLanguage
  /** As text, the way they are sent. A required one that is left out gets the example of its declaration. */
  readonly parameters: Readonly<Record<string, string>>
  /** `http://` or `https://`, host and port; a path is left out. */
  readonly endpoint: string
  /** Also waits for the list; only where `canWaitForList` says so. */
  readonly waitForList?: boolean
}

/**
 * A whole program that makes the call and prints the answer. The AccessKey is never in it: it reads
 * ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET, and ALIBABA_CLOUD_SECURITY_TOKEN of a temporary one. Pure. Throws SampleError.
 */
export function sampleCode(action: SampleAction, options: SampleOptions): string {
  const { language, parameters, endpoint, waitForList = false } = options
  return TEMPLATES[language].write(sampleRequest(action, { parameters, endpoint, waitForList }))
}
