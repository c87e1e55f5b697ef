/** What `/openapi.json` says of actions and parameters, by its English words. A sentence that is not here stays English. */
export const DECLARED_ZH: Readonly<Record<string, string>> = {
  'Starts a task that lists the databases of a server behind a backup gateway.':
    '创建一个任务，列出备份网关后面某台服务器上的数据库。',
  'The gateway that lists. DescribeBackupGatewayList has the ids.':
    '执行任务的网关。其 ID 见 DescribeBackupGatewayList。',
  'The kind of database server, in any case: MySQL, MariaDB, DRDS, PostgreSQL, Oracle, MSSQL, MongoDB, Redis.':
    '数据库类型，不区分大小写：MySQL、MariaDB、DRDS、PostgreSQL、MSSQL、Oracle、MongoDB、Redis。',
  'Host name or IP address as the gateway is configured for it. May be left out where the gateway has exactly one endpoint of that kind.':
    '网关配置中的主机名或 IP 地址。若网关恰好只有一个该类型的端点，可以省略。',
  'Port of the server; by default the usual one of its kind.': '服务器端口；默认为该类型的常用端口。',
  'Where given, it must be the region of the gateway.': '若指定，必须是该网关所在的地域。',
  'How long the task may wait for the gateway to start it, 1 to 3600 seconds.':
    '任务等待网关开始执行的最长时间，1 至 3600 秒。',
  'How long the gateway may work on it, 1 to 3600 seconds.': '网关执行任务的最长时间，1 至 3600 秒。',
  'Makes a repeated request safe: the same token with the same parameters has one effect. 1 to 64 ASCII characters.':
    '保证请求可安全重试：相同的令牌和参数只生效一次。1 至 64 个 ASCII 字符。',
  'The result of a task that lists databases.': '列出数据库的任务的结果。',
  'The task, from CreateGetDBListFromAgentTask.': '任务，由 CreateGetDBListFromAgentTask 返回。',
  'Where given, it must be the gateway of the task.': '若指定，必须是该任务的网关。',
  'Where given, it must be the region of the gateway of the task.': '若指定，必须是该任务的网关所在的地域。',
  'Holds the answer until the task ends, at most this long: 0 to 25 seconds. Raise the time-out of the client too.':
    '在任务结束前保持请求，最长 0 至 25 秒。客户端的超时时间也要相应加长。',
  'true lists the databases of the server itself too, such as mysql or template1.':
    'true 表示也列出服务器自身的数据库，例如 mysql 或 template1。',
  'The backup gateways of the account and whether they are connected.': '账号下的备份网关及其是否在线。',
  'Only gateways of this region; by default all.': '只返回该地域的网关；默认返回全部。',
  'Only these gateways: at most 100 ids, with commas between them.': '只返回这些网关：最多 100 个 ID，以逗号分隔。',
  'The page, counted from 0.': '页码，从 0 开始。',
  'Gateways on a page, 1 to 100.': '每页的网关数，1 至 100。',
  'The regions of the account: where its backup gateways are.': '账号的地域：其备份网关所在之处。',
  'Makes a one-time token with which a new gateway enrols.': '生成一次性令牌，供新网关注册使用。',
  'What people call the gateway.': '网关的名称。',
  'The region that the gateway belongs to.': '网关所属的地域。',
  'The enrolment tokens of the account, newest first, without the tokens. They are removed soon after the time at which they expire.':
    '账号的注册令牌记录，最新的在前，不含令牌本身。过期后不久即被删除。',
  'Most enrolments of one answer, 1 to 100.': '一次返回的最大记录数，1 至 100。',
  'NextToken of the answer before, with the same other parameters; left out for the first page.':
    '上一次返回的 NextToken，其他参数须相同；第一页不填。',
  'Ends an enrolment token at once. One that was used is refused: delete its gateway instead.':
    '立即作废一个注册令牌。已使用的令牌会被拒绝：请改为删除其网关。',
  'The enrolment, from ListGatewayEnrollments.': '注册记录，由 ListGatewayEnrollments 返回。',
  'Gives a gateway another name, another region, or both.': '更改网关的名称、地域，或两者。',
  'The gateway, from DescribeBackupGatewayList.': '网关，由 DescribeBackupGatewayList 返回。',
  'What people call it from now on.': '新的名称。',
  'The region it belongs to from now on: the one that policies and SourceEndpointRegion name. The permission is needed in both regions. Tasks that exist keep theirs.':
    '新的所属地域，即权限策略和 SourceEndpointRegion 中所指的地域。在两个地域都需要权限。已有任务的地域不变。',
  'Deletes a gateway for good: its connection ends, its keys open no other, and its open tasks fail with BackupGateway.Deleted. Tasks that have ended stay readable for as long as they are kept.':
    '永久删除网关：连接断开，其密钥不再有效，未结束的任务以 BackupGateway.Deleted 失败。已结束的任务在保留期内仍可读取。',
  'Makes a user of the account, without keys and without permissions.': '在账号中创建用户，没有密钥，也没有权限。',
  'The name: letters, digits and . @ - _, at most 64 characters, none twice in an account.':
    '名称：字母、数字和 . @ - _，最多 64 个字符，账号内不可重复。',
  'The name for people, at most 128 characters.': '显示名称，最多 128 个字符。',
  'The phone number: the code of a country, a hyphen, the number.': '电话号码：国家代码、连字符、号码。',
  'The e-mail address.': '电子邮件地址。',
  'The remark, at most 128 characters.': '备注，最多 128 个字符。',
  'One user of the account.': '账号中的一个用户。',
  'The name of the user.': '用户名。',
  'The users of the account, by name.': '账号中的用户，按名称排序。',
  'From the page before.': '由上一页返回。',
  'Entries on a page, 1 to 1000.': '每页条数，1 至 1000。',
  'Changes the name and the details of a user; what is left out stays. Keys and policies stay with the user.':
    '更改用户的名称和信息；未填的保持不变。密钥和权限策略仍属于该用户。',
  'The new name.': '新名称。',
  'The new name for people, at most 128 characters.': '新的显示名称，最多 128 个字符。',
  'The new phone number: the code of a country, a hyphen, the number.': '新的电话号码：国家代码、连字符、号码。',
  'The new e-mail address.': '新的电子邮件地址。',
  'The new remark, at most 128 characters.': '新的备注，最多 128 个字符。',
  'Deletes a user that has neither keys nor policies any more.': '删除已没有密钥和权限策略的用户。',
  'Makes an AccessKey. Its secret is in this answer and nowhere else.':
    '创建 AccessKey。其密钥只出现在这次返回结果中。',
  'Whose key; by default the caller’s own.': '密钥所属的用户；默认为调用者自己。',
  'The AccessKeys of a user, without their secrets.': '用户的 AccessKey，不含密钥。',
  'Switches an AccessKey on or off; that counts from the next request on.':
    '启用或停用 AccessKey；从下一个请求起生效。',
  'The AccessKeyId of the key.': '密钥的 AccessKeyId。',
  'Active or Inactive.': 'Active(启用)或 Inactive(停用)。',
  'Deletes an AccessKey; that counts from the next request on.': '删除 AccessKey；从下一个请求起生效。',
  'Makes a policy of the account. It gives nothing until it is attached.':
    '在账号中创建权限策略。授权给用户之前不起作用。',
  'The name: letters, digits and hyphens, at most 128 characters, none twice in an account.':
    '名称：字母、数字和连字符，最多 128 个字符，账号内不可重复。',
  'The text in the policy language, JSON, at most 6144 characters.': '策略语言的正文，JSON 格式，最多 6144 个字符。',
  'What it is for, at most 1024 characters.': '用途说明，最多 1024 个字符。',
  'One policy with its text.': '一个权限策略及其正文。',
  'The name of the policy.': '权限策略的名称。',
  'System or Custom.': 'System(系统)或 Custom(自定义)。',
  'The policies of the system and those of the account, by name.': '系统的和账号的权限策略，按名称排序。',
  'Only these; by default both.': '只返回这一类；默认两类都返回。',
  'Deletes a policy of the account that no user has any more.': '删除账号中已没有用户使用的权限策略。',
  'Gives a user what a policy allows and denies.': '为用户授予权限策略。',
  'Takes a policy from a user; that counts from the next request on.': '解除用户的权限策略；从下一个请求起生效。',
  'The policies that a user has.': '用户拥有的权限策略。',
  'Who the caller is. Needs no permission.': '调用者的身份。不需要权限。',
  'Always acs:ram::<account>:role/caller, with the account of the caller: a role that has exactly what the caller has. There are no others.':
    '固定为 acs:ram::<账号>:role/caller，账号为调用者的账号：该角色的权限与调用者完全相同。没有其他角色。',
  'Tells sessions apart, in the log and in who created a task. 2 to 64 letters, digits, and the characters . @ - _.':
    '用于在日志和任务创建者中区分会话。2 至 64 个字母、数字或 . @ - _。',
  'How long the key works: 900 to 43200, for the root of an account at most 3600; 3600 by default.':
    '密钥的有效时间（秒）：900 至 43200，账号的根用户最多 3600；默认 3600。',
  'Narrows what the key may do, in the policy language, at most 2048 characters: allowed is what the caller and this policy both allow.':
    '用策略语言进一步限制密钥的权限，最多 2048 个字符：调用者和此策略都允许的才被允许。',
  'The tasks of the account, newest first.': '账号的任务，最新的在前。',
  'Only tasks of this gateway.': '只返回该网关的任务。',
  'Only tasks of these statuses, with commas between them: Queued, Running, Succeeded, Failed, Cancelled, TimedOut.':
    '只返回这些状态的任务，以逗号分隔：Queued、Running、Succeeded、Failed、Cancelled、TimedOut。',
  'Only tasks of this kind of database server.': '只返回该数据库类型的任务。',
  'Only tasks created then or later.': '只返回在此时或之后创建的任务。',
  'Only tasks created earlier than that.': '只返回在此之前创建的任务。',
  'Most tasks of one answer, 1 to 100.': '一次返回的最大任务数，1 至 100。',
  'Everything about a task: how far it came, its attempts, why it failed and what to do.':
    '任务的全部信息：进展、各次尝试、失败原因和处理办法。',
  'The task, from CreateGetDBListFromAgentTask or ListTasks.':
    '任务，由 CreateGetDBListFromAgentTask 或 ListTasks 返回。',
  'Ends a task for good, at once; the gateway is told to stop. A task that has ended is answered as it is.':
    '立即永久终止任务，并通知网关停止。已结束的任务按原样返回。',
  'The databases that a task found, with all that the gateway knows of each.':
    '任务找到的数据库，以及网关了解的每个数据库的全部信息。',
  'Only databases with this text in their name, in that case.': '只返回名称中含有此文本的数据库，区分大小写。',
  'Most databases of one answer, 1 to 1000.': '一次返回的最大数据库数，1 至 1000。',
  'What a gateway signed of a task, exactly, to check it without trusting the server.':
    '网关为任务签名的原文，无需信任服务器即可验证。',
  'The part of the list to begin with, from 0: a list has at most 8 parts on a page.':
    '从列表的第几部分开始，从 0 计：一页最多 8 部分。',
  'The gateways of the account, the oldest first: whether and how well they are connected, and how busy they are.':
    '账号的网关，最早创建的在前：是否连接、连接质量以及忙碌程度。',
  'Only this gateway; the other filters count too.': '只返回该网关；其他筛选条件同样有效。',
  'Only gateways with this in their name, in any case.': '只返回名称中含有此文本的网关，不区分大小写。',
  'Only gateways of these statuses, with commas between them: ONLINE, OFFLINE, CONFLICT, STOPPED, UPGRADING.':
    '只返回这些状态的网关，以逗号分隔：ONLINE、OFFLINE、CONFLICT、STOPPED、UPGRADING。',
  'Only gateways of this region.': '只返回该地域的网关。',
  'Most gateways of one answer, 1 to 100.': '一次返回的最大网关数，1 至 100。',
  'The last hour of the connection of a gateway, for a chart. It is kept in the memory of the server that has the connection: a restart forgets it, and of servers that share a store each knows its own.':
    '网关最近一小时的连接情况，用于绘图。它保存在持有该连接的服务器的内存中：重启后即被遗忘；共用存储的多台服务器各自只知道自己的连接。',
  'Makes a temporary key for short-lived automation. It may do what the caller may when it is used, except to make or change AccessKeys, to attach, detach or change policies, and to call AssumeRole. It ends at once with the AccessKey that made it.':
    '为短期自动化创建临时密钥。使用时，它可以做调用者可以做的事，但不能创建或修改 AccessKey，不能附加、分离或修改策略，也不能调用 AssumeRole。创建它的 AccessKey 失效时，它立即失效。',
  'How it goes in the account: gateways, open tasks, and for each minute what ended, how, and how long it took. Minutes that are over are counted exactly, and once.':
    '账号的概况：网关、未结束的任务，以及每分钟结束的任务、结束方式和用时。已过去的分钟只统计一次，且结果准确。',
  'How many minutes back, with the one that runs, 1 to 180.': '回溯的分钟数，包括当前这一分钟，1 至 180。',
  'Gives a policy of the account another text, at once for every user who has it: from the next request on. It takes the permission `ram:UpdatePolicy`.':
    '更换账号中某个策略的文本，对所有拥有该策略的用户从下一个请求起立即生效。需要权限 `ram:UpdatePolicy`。',
  'The name of the policy; it stays.': '策略的名称，保持不变。',
  'The new text in the policy language, JSON, at most 6144 characters.': '新的策略文本，JSON 格式，最多 6144 个字符。',
  'What it is for. Left out: it stays.': '用途说明。省略则保持不变。',
  'May somebody do something? What the server would decide, and the statement that decides. Nothing is done.':
    '某人是否可以做某事？返回服务器将作出的决定，以及起决定作用的语句。不会执行任何操作。',
  'The user who would ask. Left out, like UserAccessKeyId: the root of the account.':
    '假定发出请求的用户。与 UserAccessKeyId 都省略时，为账号的根用户。',
  'In place of UserName, the key that would ask; a key of STS may do no more than its owner and its own policy. Whether it works now makes no difference.':
    '代替 UserName：假定发出请求的密钥；STS 密钥的权限不超过其所有者以及它自己的策略。密钥现在是否可用没有影响。',
  'As if this policy were attached to the user as well. Without a user or a key: this policy alone.':
    '视同该策略也附加给了该用户。未给出用户或密钥时：只考虑此策略。',
  'What would be done: an action as policies name it.': '假定要执行的操作，写法与策略中相同。',
  'To what it would be done. What an action asks for all of, a list for example, has * in that place.':
    '假定操作的对象。若操作针对全部对象（例如列表），则在该位置写 *。',
  'true: a * in Resource stands for what is not known, as where a gateway is not found; then every Deny that may apply does, and an Allow must surely.':
    'true：Resource 中的 * 表示未知的部分，例如找不到网关时；这时所有可能适用的 Deny 都适用，而 Allow 必须确定适用。',
  'What is known of the call, a JSON object of texts with the keys acs:SourceIp, acs:CurrentTime, acs:SecureTransport, postern:BackupGatewayId, postern:DatabaseType, postern:SourceEndpoint. With a key that is left out, a Deny that asks for it applies, and an Allow does not.':
    '关于该调用的已知信息：值为文本的 JSON 对象，键为 acs:SourceIp、acs:CurrentTime、acs:SecureTransport、postern:BackupGatewayId、postern:DatabaseType、postern:SourceEndpoint。若某个键被省略，以它为条件的 Deny 适用，而 Allow 不适用。',
  'Whether a text is a policy, and where the first fault in it stands: for editors that check while one types. It is about the text alone, so every key may ask.':
    '某段文本是否为有效的策略，以及第一个错误的位置：供编辑器在输入时检查。它只涉及文本本身，因此任何密钥都可以调用。',
  'The text to check.': '要检查的文本。',
  'Who did what in the account, newest first, from the audit trail of the server that answers; servers that share a store have one each. It takes the permission `audit:ListAuditEvents`, which no policy of the system but AdministratorAccess gives.':
    '账号中谁做了什么，最新的在前，来自作答服务器的审计日志；共用存储的多台服务器各有一份。需要权限 `audit:ListAuditEvents`，系统策略中只有 AdministratorAccess 授予该权限。',
  'Only of this action.': '只返回该操作的记录。',
  'Only of this caller, as Principal in the answer has it: ACCOUNT:root or ACCOUNT:user/ID.':
    '只返回该调用者的记录，写法与返回结果中的 Principal 相同：账号:root 或 账号:user/ID。',
  'Only with this outcome: OK, Error for all others, or one code.':
    '只返回此结果的记录：OK、Error（所有其他结果）或某个错误代码。',
  'Only what happened then or later.': '只返回在此时或之后发生的记录。',
  'Only what happened earlier than that.': '只返回在此之前发生的记录。',
  'Most entries of one answer, 1 to 100.': '一次返回的最大记录数，1 至 100。',
  'Whether the audit trail of the server that answers is as it was written. A check goes through all of it, slowly beside other work; asking starts one at most once a minute, and a long trail is checked more seldom. It takes the permission `audit:GetAuditTrailState`.':
    '作答服务器的审计日志是否与写入时一致。检查会在其他工作之余慢慢遍历全部日志；查询最多每分钟启动一次检查，日志越长检查越少。需要权限 `audit:GetAuditTrailState`。',
}
