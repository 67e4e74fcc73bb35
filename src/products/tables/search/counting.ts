/** Aggregations and groupings of one search: one question to the index after another, with a bound on all of them. */
import { operationTimeout, parameterInvalid } from '../errors.ts'
import { type Asked, askedList, resultList } from '../messages/aggregations.ts'
import { aggregated } from './aggregations.ts'
import type { Counting, CountingContext } from './counted.ts'
import { groupsOf } from './groups.ts'
import { decoded } from './schema.ts'

/** Questions that one request may ask of an index: each group asks anew for what is counted in it. */
const QUESTIONS_MAX = 2000
/** Groupings within groupings: the vendor's. */
const DEPTH_MAX = 5
/** For all of them, in milliseconds. */
const TIME_MAX_MS = 10_000

export function counting(base: CountingContext): Counting {
  const { clock } = base.context
  const endMs = clock.now() + TIME_MAX_MS
  let left = QUESTIONS_MAX
  return at(base, 0)

  function at(place: CountingContext, depth: number): Counting {
    const self: Counting = {
      ...place,
      aggregations: async (bytes) =>
        resultsOf(decoded(askedList, bytes, 'aggregations').asked, (asked) => aggregated(asked, self)),
      groupings: async (bytes) =>
        resultsOf(decoded(askedList, bytes, 'group bys').asked, (asked) => {
          if (depth >= DEPTH_MAX) throw parameterInvalid(`Group bys are deeper than ${DEPTH_MAX} levels.`)
          return groupsOf(asked, self)
        }),
      within: (condition) =>
        at({ ...place, condition: { is: 'and', of: [place.condition, condition] } }, depth + 1),
      spend() {
        if (left-- === 0)
          throw parameterInvalid(`The aggregations of a search ask more than ${QUESTIONS_MAX} questions.`)
        if (clock.now() > endMs) throw operationTimeout()
      },
    }
    return self
  }
}

async function resultsOf(
  asked: readonly Asked[],
  resultOf: (asked: Asked) => Promise<Buffer>,
): Promise<Buffer> {
  const results: { name: string; type: number; result: Buffer }[] = []
  // One after the other: a search has the thread to itself anyway.
  for (const one of asked) results.push({ name: one.name, type: one.type, result: await resultOf(one) })
  return resultList.encode({ results })
}
