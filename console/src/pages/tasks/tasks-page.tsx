import type { PageProps } from '../../routes.tsx'
import { TaskDetailsView } from './task-details.tsx'
import { TaskList } from './task-list.tsx'

export function TasksPage({ rest }: PageProps) {
  const [id] = rest
  return id === undefined ? <TaskList /> : <TaskDetailsView key={id} id={id} />
}
