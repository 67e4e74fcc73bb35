import { z } from 'zod'

/** Which dead letters are meant; all of them where it names none. */
export const chosenLetters = z.object({
  requestIds: z.array(z.string().max(128)).min(1).max(1000).optional(),
})

export const idsOf = ({ requestIds }: z.output<typeof chosenLetters>): ReadonlySet<string> | undefined =>
  requestIds && new Set(requestIds)
