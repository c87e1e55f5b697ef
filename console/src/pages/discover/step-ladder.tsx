import { Text } from '@mantine/core'
import { StatusBadge, type Tone } from '../../components/status-badge.tsx'
import { useTexts } from '../../texts/texts.tsx'
import type { Step, Task } from './discover-actions.ts'
import { DISCOVER } from './discover-texts.ts'

const TONES: Readonly<Record<string, Tone>> = {
  ok: 'good',
  passed: 'good',
  warning: 'doubtful',
  failed: 'bad',
  running: 'busy',
  waiting: 'busy',
}

/** The steps as they happen, each with how long it took. */
export function StepLadder({ task }: { readonly task: Task }) {
  const texts = useTexts(DISCOVER)
  return (
    <div>
      <Text fw={600}>{texts.steps}</Text>
      <ol className="step-ladder" aria-live="polite" aria-relevant="text">
        {[deliveryOf(task), ...task.Ladder.Step].map(({ Name: name, Status: status, Milliseconds: ms }) => (
          <li key={name}>
            <span>{texts.stepNames[name] ?? name}</span>
            <StatusBadge tone={TONES[status] ?? 'quiet'}>{texts.stepStatus[status] ?? status}</StatusBadge>
            <span className="step-ms">{ms === undefined ? '' : texts.milliseconds(Math.round(ms))}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** The way to the gateway is no step of the gateway. */
function deliveryOf({ AcceptedAt: accepted, CreatedAt: created, TaskStatus: status }: Task): Step {
  if (accepted !== undefined) {
    return { Name: 'delivered', Status: 'ok', Milliseconds: Date.parse(accepted) - Date.parse(created) }
  }
  return { Name: 'delivered', Status: status === 'Queued' ? 'waiting' : 'failed' }
}
