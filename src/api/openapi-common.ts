import { type ErrorCode, ERRORS } from '../model/errors.ts'

/** Of every request, whichever way it is signed. */
export const commonParameters = {
  Format: {
    name: 'Format',
    in: 'query',
    description: 'What the answer is written in, in any case.',
    schema: { type: 'string', enum: ['JSON', 'XML'], default: 'JSON' },
    example: 'JSON',
  },
}

const REQUEST_ID = '3F2504E0-4F89-41D3-9A0C-0305E82C3301'

export const commonReplyFields = {
  RequestId: { type: 'string', description: 'Names the request in the logs of the server.', examples: [REQUEST_ID] },
  HttpStatusCode: { type: 'integer', description: 'The HTTP status once more.', examples: [200] },
  Success: { type: 'boolean', description: 'Whether it was done.', examples: [true] },
}

const text = (description: string) => ({ type: 'string', description })

export const errorSchema = {
  type: 'object',
  properties: {
    RequestId: commonReplyFields.RequestId,
    HostId: text('The host of the address that people use.'),
    Code: text('What programs branch on: one of the codes of the operation, with its {P} filled in.'),
    Message: text('For people; it may change.'),
    Recommend: { type: 'string', format: 'uri', description: 'A page about the code: its meaning and what to do.' },
    Success: { type: 'boolean', const: false, description: 'Always false.' },
    HttpStatusCode: { type: 'integer', description: 'The HTTP status once more.', examples: [400] },
    ErrCode: text('The same as Code.'),
    ErrMessage: text('The same as Message.'),
    AccessDeniedDetail: {
      type: 'object',
      description: 'Of a denial: the permission that is missing, and for whom.',
      additionalProperties: { type: 'string' },
    },
    CanonicalRequest: text('Of a signature of version 3 that does not match: what the server has signed.'),
  },
  required: [
    'RequestId',
    'HostId',
    'Code',
    'Message',
    'Recommend',
    'Success',
    'HttpStatusCode',
    'ErrCode',
    'ErrMessage',
  ],
  xml: { name: 'Error' },
}

/** Status, meaning and mend of each code, as the table of errors has them. */
export function errorTableOf(codes: readonly ErrorCode[]): Readonly<Record<string, object>> {
  return Object.fromEntries(codes.map((code) => [code, ERRORS[code]]))
}
