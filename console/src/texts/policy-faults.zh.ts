/** Of what ValidatePolicyDocument answers. */
export interface PolicyFault {
  readonly Message: string
  readonly Kind?: string | undefined
  readonly Element?: string | undefined
  readonly Found?: string | undefined
  readonly Expected?: { readonly Name: readonly string[] } | undefined
}

/** What may be wrong in a policy, by the kind of the server, which has the sentences in English. */
export const POLICY_FAULTS_ZH: Readonly<Record<string, (fault: PolicyFault) => string>> = {
  TooLong: () => '策略最多 6144 个字符。',
  NotJson: () => '不是有效的 JSON:从此处起无法读取。',
  RepeatedName: (fault) => `同一个对象中出现了两次 ${found(fault)},只有后一个会生效;请合并。`,
  NoObject: (fault) => `${element(fault)}必须是对象 {…}。`,
  UnknownElement: (fault) => `${element(fault)}含有未知元素 ${found(fault)};${expected(fault)}`,
  Version: () => 'Version 必须是 "1",带引号。',
  StatementList: () => 'Statement 必须是包含 1 到 100 条语句的列表。',
  Effect: (fault) => `${element(fault)}必须是 "Allow" 或 "Deny"。`,
  ActionOrNotAction: (fault) => `${element(fault)}必须有 Action 或 NotAction,二者只取其一。`,
  Action: (fault) => `${element(fault)}必须是 "*" 或“服务:操作”,例如 dbs:GetDBListFromAgent 或 dbs:Get*。`,
  Resource: (fault) => `${element(fault)}必须是 "*" 或 acs:service:region:account:resource,其中每一段都可以是 *。`,
  NoText: (fault) => `${element(fault)}必须是带引号的文本。`,
  NoTextOrList: (fault) => `${element(fault)}必须是带引号的文本,或包含 1 到 200 个文本的列表。`,
  UnknownOperator: (fault) => `${found(fault)} 不是条件运算符;${expected(fault)}`,
  NoConditionKey: (fault) => `${element(fault)}必须有一个条件键。`,
  UnknownConditionKey: (fault) => `${found(fault)} 不是条件键;${expected(fault)}`,
  OtherOperator: (fault) =>
    `${element(fault)}不能用 ${fault.Found ?? ''} 比较;请使用 ${names(fault).join(' 或 ')} 类运算符。`,
  OneValue: (fault) => `${element(fault)}只能有一个值。`,
  Number: (fault) => `${element(fault)}必须是最多 15 位的数字。`,
  Time: (fault) => `${element(fault)}必须是时间,例如 2026-01-31T23:59:59Z 或 2026-01-31T23:59:59+08:00。`,
  TrueOrFalse: (fault) => `${element(fault)}必须是 "true" 或 "false"。`,
  IpAddress: (fault) => `${element(fault)}必须是 IP 地址或地址段,例如 10.0.0.0/8 或 2001:db8::/32。`,
  GatewayId: (fault) => `${element(fault)}必须是网关 ID 的数字。`,
  GatewayIdPattern: (fault) => `${element(fault)}必须由数字和通配符 *、? 组成。`,
  DatabaseType: (fault) => `${element(fault)}不是数据库类型;要使用通配符,请用 StringLike。`,
  DatabaseTypePattern: (fault) => `${element(fault)}与任何数据库类型都不匹配。`,
  SourceEndpoint: (fault) =>
    `${element(fault)}必须是 host:port,IPv6 地址放在方括号中;要匹配任意端口,请用 StringLike 和 host:*。`,
  SourceEndpointPattern: (fault) => `${element(fault)}必须是 host:port,IPv6 地址放在方括号中,可以有通配符 * 和 ?。`,
  SourceEndpointAnyPort: (fault) =>
    `${element(fault)}必须是 host:port,IPv6 地址放在方括号中;要匹配任意端口,请以 :* 结尾。`,
  SourceEndpointPort: (fault) => `${element(fault)}的端口只能由数字和通配符组成。`,
  SourceEndpointWildcard: (fault) => `${element(fault)}在 IPv6 地址中有通配符;请写出完整的地址。`,
}

const element = ({ Element: path }: PolicyFault) => (path === undefined ? '策略' : `${path} `)
const found = ({ Found: name = '' }: PolicyFault) => JSON.stringify(name.slice(0, 64))
const names = ({ Expected: list }: PolicyFault) => list?.Name ?? []

function expected(fault: PolicyFault): string {
  const all = names(fault)
  return all.length === 1 ? `是否想写 ${all[0]}?` : `可以使用:${all.join('、')}。`
}
