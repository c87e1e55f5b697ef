import type { PageProps } from '../../routes.tsx'
import { EnrolGateway } from './enrol-gateway.tsx'
import { GatewayDetails } from './gateway-details.tsx'
import { GatewayList } from './gateway-list.tsx'

/** No gateway has it as its id. */
const ENROL = 'enrol'

export function GatewaysPage({ rest }: PageProps) {
  const [id] = rest
  if (id === undefined) return <GatewayList />
  return id === ENROL ? <EnrolGateway /> : <GatewayDetails key={id} id={id} />
}
