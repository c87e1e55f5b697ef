import { Button, Skeleton, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/use-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { type Enrolment, type EnrolmentsAnswer, LIST_ENROLMENTS, REVOKE_ENROLMENT } from './gateway-actions.ts'
import { GATEWAYS } from './gateways-texts.ts'

const POLL_MS = 2_000

const rowsOf = (answer: EnrolmentsAnswer) => answer.Enrollments.Enrollment
const keyOf = ({ EnrollmentId: id }: Enrolment) => id

/** Tokens with which somebody can still enrol. They live half an hour, so they are few. */
export function OpenEnrolments() {
  const { enrolment: texts, ...all } = useTexts(GATEWAYS)
  const enrolments = usePages(LIST_ENROLMENTS, { params: { MaxResults: 100 }, rowsOf, keyOf, pollMs: POLL_MS })
  const [revoked, setRevoked] = useState<Enrolment>()
  const revoke = useChange(REVOKE_ENROLMENT, { changes: ['ListGatewayEnrollments'] })
  const open = enrolments.rows.filter(({ Status: status }) => status === 'Open')
  const nameOf = ({ Name: name }: Enrolment) => name ?? texts.noName
  return (
    <section>
      <Title order={2} size="h4" mt="md">
        {texts.open}
      </Title>
      {enrolments.error !== undefined && <ErrorPanel error={enrolments.error} onAgain={enrolments.again} />}
      {enrolments.isLoading && enrolments.error === undefined && <Skeleton height={80} />}
      {!enrolments.isLoading && open.length === 0 && <Text>{texts.noOpen}</Text>}
      {open.length > 0 && (
        <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{all.name}</Table.Th>
                <Table.Th>{all.region}</Table.Th>
                <Table.Th>{texts.expires}</Table.Th>
                <Table.Th>{texts.by}</Table.Th>
                <Table.Td />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {open.map((each) => (
                <Table.Tr key={each.EnrollmentId}>
                  <Table.Th scope="row">{nameOf(each)}</Table.Th>
                  <Table.Td>{each.Region}</Table.Td>
                  <Table.Td>
                    <RelativeTime at={each.ExpiresAt} />
                  </Table.Td>
                  <Table.Td>{each.CreatedBy}</Table.Td>
                  <Table.Td>
                    <Button
                      size="xs"
                      variant="default"
                      aria-label={texts.revokeOf(nameOf(each))}
                      onClick={() => {
                        revoke.reset()
                        setRevoked(each)
                      }}
                    >
                      {texts.revoke}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ConfirmDialog
        title={texts.revokeTitle}
        action={texts.revoke}
        isOpen={revoked !== undefined}
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() =>
          revoke.mutate({ EnrollmentId: revoked?.EnrollmentId }, { onSuccess: () => setRevoked(undefined) })
        }
        onClose={() => setRevoked(undefined)}
      >
        <Text fw={600}>{revoked && nameOf(revoked)}</Text>
        <Text>{texts.revokeText}</Text>
      </ConfirmDialog>
    </section>
  )
}
