/** Reads gateways and lists; the rest is for the person to write. */
export const FIRST_POLICY = JSON.stringify(
  {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: ['dbs:Get*', 'dbs:Describe*'], Resource: '*' }],
  },
  null,
  2,
)
