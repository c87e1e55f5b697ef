import type { Command } from 'commander'
import { z } from 'zod'
import { DBS_VERSION } from './actions-called.ts'
import { type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import { choiceOption } from './choice-option.ts'
import { jsonText } from './json-text.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const gatewayItem = z.object({
  BackupGatewayId: z.string(),
  DisplayName: z.string(),
  Region: z.string(),
  BackupGatewayStatus: z.string(),
  LastHeartbeatTime: z.number().optional(),
  SourceEndpointHostname: z.string().optional(),
  KeyFingerprint: z.string().optional(),
})
const gatewayPage = z.object({
  TotalPages: z.number(),
  Items: z.object({ BackupGateway: z.array(gatewayItem) }),
})

export function addGatewayListCommand(gateway: Command, terminal: Terminal): void {
  withConnection(gateway.command('list'))
    .summary('list the gateways with their status')
    .description(
      'ONLINE is a gateway that answered within the last 45 seconds, STOPPED one that was ended on purpose, UPGRADING one that was ended after another version had been put in its place. Its id is what `postern databases` takes.',
    )
    .option('--region <region>', 'only of this region')
    .addOption(choiceOption('--output <form>', 'form of the list', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  postern gateway list\n  postern gateway list --endpoint http://127.0.0.1:7070 --key-file postern-data/root-access-key.json\n  postern gateway list --region plant-7 --output json',
    )
    .action(async (options: ConnectionOptions & { region?: string; output: string }) => {
      const client = await createApiClient(options, terminal.env)
      const items: z.infer<typeof gatewayItem>[] = []
      for (let page = 0; ; page++) {
        const params = { PageNum: String(page), PageSize: '100', ...(options.region && { Region: options.region }) }
        const answer = await client.call('DescribeBackupGatewayList', { version: DBS_VERSION, params })
        if (!answer.ok) throw apiFailure(answer)
        const { Items, TotalPages } = gatewayPage.parse(answer.body)
        items.push(...Items.BackupGateway)
        if (page + 1 >= TotalPages) break
      }
      if (options.output === 'json') return terminal.out(jsonText(items))
      const rows = items.map((item) => [
        item.BackupGatewayId,
        item.DisplayName,
        item.Region,
        item.BackupGatewayStatus,
        item.LastHeartbeatTime ? new Date(item.LastHeartbeatTime).toISOString() : 'never',
        item.SourceEndpointHostname ?? '',
        item.KeyFingerprint ?? '',
      ])
      terminal.out(`${table(['ID', 'NAME', 'REGION', 'STATUS', 'LAST SEEN', 'HOST', 'KEY'], rows)}\n`)
    })
}
