import { tasksEn } from '../../texts/tasks.en.ts'
import { tasksZh } from '../../texts/tasks.zh.ts'

export const TASKS = { en: tasksEn, zh: tasksZh }
