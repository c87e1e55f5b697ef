import type { Command } from 'commander'
import { addTaskCancelCommand } from './task-cancel-command.ts'
import { addTaskListCommand } from './task-list-command.ts'
import { addTaskShowCommand } from './task-show-command.ts'
import type { Terminal } from './terminal.ts'

export function addTaskCommands(program: Command, terminal: Terminal): void {
  const task = program.command('task').summary('list, show and cancel tasks')
  addTaskListCommand(task, terminal)
  addTaskShowCommand(task, terminal)
  addTaskCancelCommand(task, terminal)
}
