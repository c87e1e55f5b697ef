import { StatusBadge, type Tone } from '../../components/status-badge.tsx'
import { useTexts } from '../../texts/texts.tsx'
import type { TaskDetails } from './task-actions.ts'
import { TASKS } from './tasks-texts.ts'

const TONES: Readonly<Record<string, Tone>> = {
  ok: 'good',
  passed: 'good',
  warning: 'doubtful',
  failed: 'bad',
  running: 'busy',
}

/** The steps from the configuration to the list, and how far the task came. */
export function TaskLadder({ steps }: { readonly steps: TaskDetails['Ladder']['Step'] }) {
  const texts = useTexts(TASKS)
  return (
    <ol className="task-ladder" aria-live="polite" aria-relevant="text" aria-label={texts.steps}>
      {steps.map(({ Name: name, Status: status, Milliseconds: ms }) => (
        <li key={name}>
          <span>{texts.stepNames[name] ?? name}</span>
          <StatusBadge tone={TONES[status] ?? 'quiet'}>{texts.stepStatus[status] ?? status}</StatusBadge>
          <span className="task-ladder-ms">{texts.milliseconds(ms)}</span>
        </li>
      ))}
    </ol>
  )
}
