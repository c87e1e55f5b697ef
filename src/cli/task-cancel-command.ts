import type { Command } from 'commander'
import { z } from 'zod'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import type { Terminal } from './terminal.ts'

const cancelled = z.object({ TaskId: z.number(), TaskStatus: z.string() })

export function addTaskCancelCommand(task: Command, terminal: Terminal): void {
  withConnection(task.command('cancel'))
    .summary('end a task for good')
    .description('Ends a task at once and tells the gateway to stop. A task that has ended stays as it is.')
    .argument('<id>', 'the task, see `postern task list`')
    .addHelpText('after', '\nExample:\n  postern task cancel 731905284617093')
    .action(async (id: string, options: ConnectionOptions) => {
      const client = await createApiClient(options, terminal.env)
      const answer = await client.call('CancelTask', { version: POSTERN_VERSION, params: { TaskId: id } })
      if (!answer.ok) throw apiFailure(answer)
      const { TaskId, TaskStatus } = cancelled.parse(answer.body)
      const had = TaskStatus === 'Cancelled' ? '' : ' (it had ended before)'
      terminal.out(`${TaskId}  ${TaskStatus}${had}\n`)
    })
}
