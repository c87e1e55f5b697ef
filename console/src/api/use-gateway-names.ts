import { useState } from 'react'
import * as z from 'zod/mini'
import { VERSION } from './products.ts'
import { useRead } from './use-api.ts'

/** As many as the server takes in one question. */
const MOST = 100

const NAMES = {
  action: 'DescribeBackupGatewayList',
  version: VERSION.dbs,
  answer: z.object({
    Items: z.object({
      BackupGateway: z.array(z.object({ BackupGatewayId: z.string(), DisplayName: z.string() })),
    }),
  }),
}

/** Names of gateways by their ids, of the first hundred of them; without those that are gone, and empty for whoever may not list them. */
export function useGatewayNames(ids: readonly number[]): ReadonlyMap<string, string> {
  const [refused, setRefused] = useState(false)
  const asked = [...new Set(ids)].slice(0, MOST).toSorted((a, b) => a - b)
  const named = useRead(NAMES, {
    params: { Identifier: asked.join(','), PageSize: MOST },
    // Each refusal is an entry of the audit trail: one is enough.
    enabled: asked.length > 0 && !refused,
  })
  if (named.error?.status === 403 && !refused) setRefused(true)
  const items = named.data?.Items.BackupGateway ?? []
  return new Map(items.map(({ BackupGatewayId: id, DisplayName: name }) => [id, name]))
}
