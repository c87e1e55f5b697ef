/** One way of calling with one official client of another language, unmodified. */
export interface OtherClient {
  readonly language: 'Python' | 'Go' | 'Java'
  readonly package: string
  /** As the manifest of the language pins it. */
  readonly version: string
  readonly signature: 'V1' | 'V3'
  readonly method: 'GET' | 'POST'
  readonly place: 'query' | 'form'
  /** A generated client has the operations of one product. */
  readonly operations: 'all' | 'DBS'
}

type Package = Pick<OtherClient, 'language' | 'package' | 'version'>
type Form = Omit<OtherClient, keyof Package>

const V1: readonly Form[] = [
  { signature: 'V1', method: 'GET', place: 'query', operations: 'all' },
  { signature: 'V1', method: 'POST', place: 'query', operations: 'all' },
  { signature: 'V1', method: 'POST', place: 'form', operations: 'all' },
]
const V3: readonly Form[] = V1.map((form) => ({ ...form, signature: 'V3' }))
const GENERATED: readonly Form[] = [{ signature: 'V3', method: 'POST', place: 'query', operations: 'DBS' }]

const forms = (of: Package, ...all: readonly (readonly Form[])[]): readonly OtherClient[] =>
  all.flat().map((form) => ({ ...of, ...form }))

/** All that is tried; the page about compatibility is made from it. */
export const OTHER_CLIENTS: readonly OtherClient[] = [
  ...forms({ language: 'Python', package: 'aliyun-python-sdk-core', version: '2.16.1' }, V1),
  ...forms({ language: 'Python', package: 'alibabacloud-tea-openapi', version: '0.4.6' }, V3, V1),
  ...forms({ language: 'Python', package: 'alibabacloud-dbs20190306', version: '1.0.3' }, GENERATED),
  ...forms({ language: 'Go', package: 'github.com/aliyun/alibaba-cloud-sdk-go', version: 'v1.63.107' }, V1),
  ...forms({ language: 'Go', package: 'github.com/alibabacloud-go/darabonba-openapi/v2', version: 'v2.1.13' }, V3, V1),
  ...forms({ language: 'Java', package: 'com.aliyun:aliyun-java-sdk-core', version: '4.7.10' }, V1),
  ...forms({ language: 'Java', package: 'com.aliyun:tea-openapi', version: '0.3.15' }, V3, V1),
]
