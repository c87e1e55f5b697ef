import type { errorsEn } from './errors.en.ts'

export const errorsZh: typeof errorsEn = {
  help: '服务器可能返回的所有错误码。程序应根据错误码判断;消息是给人看的。{P} 代表参数名。',
  search: '在错误码和说明中搜索',
  group: '来源',
  all: '全部',
  groups: { request: '任何请求', access: '用户、密钥和策略', discovery: '未得到列表的任务' },
  count: (shown, all) => (shown === all ? `共 ${all} 个错误码` : `${shown} / ${all} 个错误码`),
  noneFits: '没有符合的错误码',
  noneFitsHelp: '请搜索错误码的一部分,或消息中的一个词。',
  back: '所有错误码',
  unknown: '本服务器没有此错误码',
  unknownHelp: '它可能属于其他版本,或来自您与服务器之间的其他程序,例如代理。',
  meaning: '含义',
  mend: '处理办法',
  cause: '来源',
  causes: {
    request: '来自服务器,在处理请求之前或处理期间。请求没有执行。',
    access: '来自服务器,涉及用户、密钥和策略。没有任何更改。',
    discovery: '来自网关的工作:任务结束而未得到列表。任务本身会显示停在哪一步。',
  },
  actions: '返回它的操作',
  httpStatus: 'HTTP 状态码',
  message: '消息',
  entry: '对应条目',
  requestIdHelp: '服务器的日志和审计记录中也有此 RequestId。',
}
