import { useQuery } from '@tanstack/react-query'
import * as z from 'zod/mini'
import type { ApiError } from '../../api/api-error.ts'
import { readPublicDocument } from '../../api/public-document.ts'
import { useLanguage } from '../../texts/texts.tsx'

const GROUPS = ['request', 'access', 'discovery'] as const
export type Group = (typeof GROUPS)[number]

const description = z.object({
  code: z.string(),
  pattern: z.optional(z.string()),
  group: z.enum(GROUPS),
  status: z.number(),
  message: z.string(),
  meaning: z.string(),
  mend: z.string(),
  actions: z.array(z.string()),
})
export type ErrorDescription = z.infer<typeof description>
const catalogue = z.object({ errors: z.array(description) })

/** Every code of the server, for everybody; in the chosen language as far as it is known there. */
export function useErrorCodes() {
  const { language } = useLanguage()
  return useQuery<readonly ErrorDescription[], ApiError>({
    queryKey: ['/errors.json', language],
    queryFn: async ({ signal }) => {
      const { errors } = await readPublicDocument('/errors.json', catalogue, signal)
      if (language === 'en') return errors
      const { CODES_ZH } = await import('../../texts/error-codes.zh.ts')
      return errors.map((each) => {
        const [meaning = each.meaning, mend = each.mend] = CODES_ZH[each.code] ?? []
        return { ...each, meaning, mend }
      })
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** A code as it was answered: `MissingTaskId` is described as `Missing{P}`. */
export function describedAs(codes: readonly ErrorDescription[], answered: string): ErrorDescription | undefined {
  return (
    codes.find(({ code }) => code === answered) ??
    codes.find(({ pattern }) => pattern !== undefined && new RegExp(pattern).test(answered))
  )
}
