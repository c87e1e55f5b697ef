import type { Command } from 'commander'
import { addTaskCancelCommand } from './task-cancel-command.ts'
import { addTaskListCommand } from './task-list-command.ts'
import { addTaskShowCommand } from './task-show-command.ts'
import { addTaskVerifyCommand } from './task-verify-command.ts'
import type { Terminal } from './terminal.ts'

export function addTaskCommands(program: Command, terminal: Terminal): void {
  const task = program
    .command('task')
    .alias('tasks')
    .summary('list, show, cancel and verify tasks')
    .description(
      'Every question that was put to a gateway is a task. They are kept for 7 days after their end, unless the server is set otherwise (taskRetentionDays).',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  postern task list --since 24h\n  postern task show 731905284617093\n  postern task cancel 731905284617093',
    )
  addTaskListCommand(task, terminal)
  addTaskShowCommand(task, terminal)
  addTaskCancelCommand(task, terminal)
  addTaskVerifyCommand(task, terminal)
}
