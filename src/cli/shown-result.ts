import { z } from 'zod'
import type { CheckedEvidence, SignedEvidence } from '../link/signed-result.ts'
import { compareCodePoints } from '../model/listing.ts'
import { DBS_VERSION, POSTERN_VERSION } from './actions-called.ts'
import type { Answer, ApiClient } from './api-client.ts'
import { apiFailure } from './api-failure.ts'

const shownTask = z.object({
  TaskStatus: z.string(),
  BackupGatewayId: z.number(),
  DatabaseType: z.string(),
  SourceEndpointIP: z.string().optional(),
  SourceEndpointPort: z.number().optional(),
  DatabaseCount: z.number().optional(),
  Visibility: z.string().optional(),
  Failure: z.object({ Code: z.string(), Message: z.string() }).optional(),
})
const shownList = z.object({ DbList: z.object({ dbName: z.array(z.string()) }) })

/** Whether the server shows people what was signed: a right signature of something else would prove nothing to them. */
export async function compareShown(
  client: ApiClient,
  parts: { readonly evidence: SignedEvidence; readonly status: string; readonly checked: CheckedEvidence },
): Promise<{ readonly name: 'shown'; readonly ok: boolean; readonly detail: string }> {
  const { evidence, status, checked } = parts
  const { outcome } = checked
  if (outcome === undefined) return wrong('there is nothing to compare with')
  const TaskId = String(evidence.task)
  const task = shownTask.parse(bodyOf(await client.call('GetTask', { version: POSTERN_VERSION, params: { TaskId } })))
  const signed = {
    TaskStatus: outcome.kind === 'listing' ? 'Succeeded' : 'Failed',
    BackupGatewayId: evidence.gateway,
    DatabaseType: evidence.engine,
    SourceEndpointIP: evidence.host,
    SourceEndpointPort: evidence.port,
    DatabaseCount: outcome.kind === 'listing' ? outcome.count : undefined,
    Visibility: outcome.kind === 'listing' ? outcome.visibility : undefined,
    Failure: outcome.kind === 'failure' ? `${outcome.code}: ${outcome.message}` : undefined,
  }
  const shown = { ...task, Failure: task.Failure && `${task.Failure.Code}: ${task.Failure.Message}` }
  if (status !== signed.TaskStatus) return wrong(`the task is shown as ${status}, and ${signed.TaskStatus} was signed`)
  for (const field of FIELDS) {
    if (shown[field] !== signed[field])
      return wrong(`GetTask shows ${field} ${String(shown[field])}, and ${String(signed[field])} was signed`)
  }
  if (outcome.kind === 'failure')
    return { name: 'shown', ok: true, detail: 'the server shows the failure that was signed' }
  const params = { TaskId, IncludeSystemDatabases: 'true' }
  const list = shownList.parse(bodyOf(await client.call('GetDBListFromAgent', { version: DBS_VERSION, params })))
  const [names, signedNames] = [list.DbList.dbName, checked.databases.map(({ name }) => name)].map((each) =>
    each.toSorted(compareCodePoints),
  )
  const other = names?.findIndex((name, index) => name !== signedNames?.[index])
  if (names === undefined || names.length !== signedNames?.length || other !== -1)
    return wrong('GetDBListFromAgent shows another list than the one that was signed')
  return { name: 'shown', ok: true, detail: 'the server shows the list that was signed' }
}

const FIELDS = [
  'TaskStatus',
  'BackupGatewayId',
  'DatabaseType',
  'SourceEndpointIP',
  'SourceEndpointPort',
  'DatabaseCount',
  'Visibility',
  'Failure',
] as const

function bodyOf(answer: Answer): Answer['body'] {
  if (!answer.ok) throw apiFailure(answer)
  return answer.body
}

const wrong = (detail: string) => ({ name: 'shown', ok: false, detail }) as const
