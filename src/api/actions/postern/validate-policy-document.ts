import { z } from 'zod'
import { policyProblem } from '../../../access/policy-problem.ts'
import { POLICY_FAULT_KINDS } from '../../../access/policy-fault.ts'
import type { Action } from '../../action.ts'
import { kind } from '../../parameter-kinds.ts'

const NAME = 'ValidatePolicyDocument'
/** Longer than a policy may be, so that one that is too long can be told so. */
const MAX_CHARS = 20_000

const params = z.object({
  PolicyDocument: kind({ type: 'string', maxLength: MAX_CHARS }, (text) =>
    text.length <= MAX_CHARS ? { value: text } : { reason: `It must have at most ${MAX_CHARS} characters.` },
  ).meta({
    description: 'The text to check.',
    examples: ['{"Version":"1","Statement":[{"Effect":"Allow","Action":"dbs:Get*","Resource":"*"}]}'],
  }),
})

const reply = z.object({
  Valid: z.boolean().meta({ description: 'Whether CreatePolicy would take it.', examples: [true] }),
  Problem: z
    .object({
      Code: z.string().meta({
        description:
          'What CreatePolicy would answer: MalformedPolicyDocument or InvalidParameter.PolicyDocument.Length.',
      }),
      Message: z.string().meta({ description: 'What is wrong, which element, and what belongs there.' }),
      Kind: z
        .enum(POLICY_FAULT_KINDS)
        .meta({ description: 'The same for programs that say it in their own words; later versions may have more.' }),
      Element: z
        .string()
        .optional()
        .meta({
          description: 'The element that it is about; left out for the whole text.',
          examples: ['Statement[0].Effect'],
        }),
      Found: z.string().optional().meta({ description: 'The name that is not known, or is there twice.' }),
      Expected: z
        .object({ Name: z.array(z.string()) })
        .optional()
        .meta({ description: 'What could stand there: the one that looks like it, or all.' }),
      Start: z.number().meta({
        description: 'Where it stands: UTF-16 units from the beginning, as text fields of browsers count.',
      }),
      End: z.number().meta({ description: 'Behind it; the same as Start where something is missing.' }),
      Line: z.number().meta({ description: 'Of Start, from 1.' }),
      Column: z.number().meta({ description: 'Of Start, from 1.' }),
    })
    .optional()
    .meta({ description: 'The first thing that is wrong; left out where nothing is.' }),
})
type Reply = z.output<typeof reply>

export function validatePolicyDocument(): Action<z.output<typeof params>, Reply> {
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'get',
    mutates: false,
    summary:
      'Whether a text is a policy, and where the first fault in it stands: for editors that check while one types. It is about the text alone, so every key may ask.',
    params,
    reply,
    errors: [],

    async prepare({ PolicyDocument }) {
      return {
        target: undefined,
        async handle() {
          const problem = policyProblem(PolicyDocument)
          if (problem === undefined) return { Valid: true }
          const { code, message, kind: fault, element, found, expected, ...place } = problem
          return {
            Valid: false,
            Problem: {
              Code: code,
              Message: message,
              Kind: fault,
              ...(element !== undefined && { Element: element }),
              ...(found !== undefined && { Found: found }),
              ...(expected !== undefined && { Expected: { Name: [...expected] } }),
              Start: place.start,
              End: place.end,
              Line: place.line,
              Column: place.column,
            },
          }
        },
      }
    },
  }
}
