import type { Spelt } from '../pages/explorer/action-catalogue.ts'
import type { Fault } from '../pages/explorer/check-value.ts'
import type { explorerEn } from './explorer.en.ts'

export const explorerZh: typeof explorerEn = {
  intro: '本服务器的全部操作：参数、返回结果以及调用代码。选择一个操作，填写表单，查看签名后的请求，然后运行。',
  introSignedOut: '无需登录即可查看全部内容并复制示例代码。运行操作需要登录。',
  search: '搜索',
  searchHelp: '操作名、说明或参数名中的词',
  found: (shown, all) => (shown === all ? `共 ${all} 个操作` : `${shown} / ${all} 个操作`),
  noneFound: '没有操作包含所有这些词，请减少搜索词。',
  actions: '操作',
  allActions: '全部操作',
  noAction: (name) => `本服务器没有操作 ${name}。`,
  group: (name) =>
    ({
      Dbs: 'DBS：数据库列表',
      Postern: 'Postern：任务与网关',
      Ram: 'RAM：用户、密钥、权限策略',
      Sts: 'STS：临时密钥',
    })[name] ?? name,
  version: (version) => `版本 ${version}`,
  reads: '只读',
  changes: '会更改数据',
  removes: '会删除数据',
  parameters: '参数',
  noParameters: '此操作没有参数。',
  choose: '请选择…',
  leftOut: '不发送',
  usual: '默认值：',
  example: '示例：',
  fill: '为必填项填入示例值',
  clear: '清空表单',
  format: '返回格式',
  run: (name) => `运行 ${name}`,
  running: '正在运行…',
  stop: '停止等待',
  answered: (status) => `已返回 HTTP ${status}。`,
  signInToRun: '登录后运行',
  kind: ({ type, enum: choices, format, minimum, maximum, minLength, maxLength, items }: Spelt): string => {
    if (type === 'array') return items?.type === 'integer' ? '整数，以逗号分隔' : '可选多个'
    if (type === 'boolean') return 'true 或 false'
    if (type === 'integer') {
      if (format === 'int64') return '整数（64 位）'
      if (minimum === undefined || maximum === undefined) return '整数'
      return `整数，${minimum} 至 ${maximum}`
    }
    if (choices !== undefined) return '其中之一'
    if (maxLength === undefined) return '文本'
    return minLength === undefined ? `文本，最多 ${maxLength} 个字符` : `文本，${minLength} 至 ${maxLength} 个字符`
  },
  fault: (fault: Fault): string => {
    if (fault.kind === 'required') return '此参数必填。'
    if (fault.kind === 'unsendable') return '含有无法发送的字符：U+0000 或半个代理对。'
    if (fault.kind === 'twice') return '每个值只能出现一次。'
    if (fault.kind === 'choice') return '不是可选的值。'
    if (fault.kind === 'truth') return '必须是 true 或 false。'
    if (fault.kind === 'number') {
      return fault.max === undefined
        ? '必须是整数，最多 19 位。'
        : `必须是 ${fault.min ?? 0} 至 ${fault.max} 之间的整数。`
    }
    if (fault.kind === 'short') return `至少需要 ${fault.limit} 个字符。`
    if (fault.kind === 'long') return `最多 ${fault.limit} 个字符。`
    if (fault.kind === 'many') return `最多 ${fault.limit} 个。`
    return `不符合格式 ${fault.pattern}`
  },
  ask: {
    title: (name) => `运行 ${name}?`,
    changes: '此操作会更改服务器上的数据。',
    removes: '此操作会删除或永久终止服务器上的数据。',
    values: '使用以下值：',
    run: '是，运行',
    cancel: '否，取消',
  },
  answer: {
    title: '返回结果',
    body: '返回的内容',
    cut: (shown) => `只显示前 ${shown} 个字符：复制和下载包含全部内容。`,
    took: (ms) => `${ms} 毫秒`,
    explain: (code) => `${code} 的含义与处理办法`,
    copy: '复制返回结果',
    headers: '返回的 HTTP 头',
    stopped: '您已停止等待。服务器可能仍然执行了该请求。',
  },
  sample: {
    title: '示例代码',
    languages: '语言',
    label: (title) => `示例代码：${title}`,
    assumed: (names) => `表单中尚未填写 ${names}：示例代码使用其说明中的示例值。`,
    key: '程序从 ALIBABA_CLOUD_ACCESS_KEY_ID 和 ALIBABA_CLOUD_ACCESS_KEY_SECRET 读取 AccessKey，代码中不含密钥。',
    wait: '同时等待数据库列表',
    copy: '复制代码',
    download: (file) => `下载 ${file}`,
  },
  signing: {
    title: '签名请求的每一步',
    needsKey: '登录后可查看请求如何签名。签名在本浏览器内完成，密钥不会显示，也不会发送。',
    needsValues: '请先在表单中填写有效的值。',
    willBeSent: '这就是点击“运行”时将发送的请求。',
    wasSent: '此请求已发送。下一个请求会有自己的随机数 (nonce) 和签名。',
    empty: '空。',
    copy: (title) => `复制：${title}`,
    body: {
      title: '参数表单',
      how: '参数名和值经百分号编码（RFC 3986,UTF-8），这就是请求体。',
    },
    bodyHash: {
      title: '请求体的哈希',
      how: '请求体的 SHA-256，十六进制，作为 x-acs-content-sha256 发送。',
    },
    canonical: {
      title: '规范化请求 (CanonicalRequest)',
      how: '以换行分隔：方法、路径、查询串（此处为空）、按名称排序的各签名头、签名头名称列表、请求体的哈希。',
    },
    toSign: {
      title: '待签名字符串 (StringToSign)',
      how: 'ACS3-HMAC-SHA256、换行、规范化请求的 SHA-256。',
    },
    signature: {
      title: '签名',
      how: '用密钥对待签名字符串计算 HMAC-SHA256。密钥由浏览器保管，不会显示。',
    },
    sent: {
      title: '实际发送的请求',
      how: '其中关于密钥的内容只有 AccessKey ID、签名和临时密钥的安全令牌，不含密钥本身。',
    },
  },
  errors: '错误码',
  errorsOf: (count) => `此操作可能返回的 ${count} 个错误码`,
}
