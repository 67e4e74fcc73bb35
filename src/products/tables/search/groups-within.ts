/** Groups within a search: how they are asked for, ordered, and what is counted within each. */
import type { Condition, Group, Grouping } from '../../../ports/search-index.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  aggregationType,
  countResult,
  type GroupBySortMessage,
  numberResult,
  resultList,
} from '../messages/aggregations.ts'
import { sortOrder } from '../messages/search.ts'
import type { Counting } from './counted.ts'
import { decoded } from './schema.ts'

/** The vendor's, of a field; and of a histogram with the gaps in it. */
export const GROUPS_MAX = 2000

export interface Inner {
  sub_aggs?: Uint8Array | undefined
  sub_group_bys?: Uint8Array | undefined
}

/** Undefined: nothing was said but what only sub-aggregations can tell. */
export function orderOf(sort: GroupBySortMessage | undefined): Grouping['order'] | undefined {
  const sorters = sort?.sorters.slice(innerOrderOf(sort) ? 1 : 0) ?? []
  if (sorters.length === 0) return undefined
  return sorters.map(({ group_key_sort, row_count_sort, sub_agg_sort }) => {
    if (sub_agg_sort) throw notImplemented('Sorting groups by a sub-aggregation behind something else')
    const order = (group_key_sort ?? row_count_sort)?.order ?? sortOrder.ascending
    return { by: group_key_sort ? 'key' : 'count', descending: order === sortOrder.descending }
  })
}

/** The sub-aggregation that groups are sorted by, before anything else. */
export function innerOrderOf(
  sort: GroupBySortMessage | undefined,
): { name: string; descending: boolean } | undefined {
  const inner = sort?.sorters[0]?.sub_agg_sort
  return inner && { name: inner.sub_agg_name, descending: inner.order === sortOrder.descending }
}

/** What a sub-aggregation of a group came to. Throws for one that is not there, or is no number. */
export function innerValue({ sub_aggs_result: results }: Results, name: string): number {
  const found = results && decoded(resultList, results, 'results').results.find((one) => one.name === name)
  switch (found?.type) {
    case aggregationType.count:
    case aggregationType.distinctCount:
      return Number(decoded(countResult, found.result, 'result').value)
    case aggregationType.avg:
    case aggregationType.max:
    case aggregationType.min:
    case aggregationType.sum:
      return decoded(numberResult, found.result, 'result').value ?? 0
    default:
      throw parameterInvalid(`There is no sub-aggregation [${name}] that groups can be sorted by.`)
  }
}

export function grouped(counting: Counting, wanted: Grouping): Promise<Group[]> {
  counting.spend()
  const { found, condition, context } = counting
  return context.searchIndexes.groups(found.index.id, condition, wanted)
}

export interface Results {
  sub_aggs_result?: Buffer
  sub_group_bys_result?: Buffer
}

export type CountedWithin = { count: number } & Results

async function resultsWithin(
  condition: Condition,
  counting: Counting,
  { sub_aggs, sub_group_bys }: Inner,
): Promise<Results> {
  const inner = counting.within(condition)
  return {
    ...(sub_aggs ? { sub_aggs_result: await inner.aggregations(sub_aggs) } : {}),
    ...(sub_group_bys ? { sub_group_bys_result: await inner.groupings(sub_group_bys) } : {}),
  }
}

export async function eachWithin<G>(
  groups: readonly G[],
  counting: Counting,
  message: Inner,
  conditionOf: (group: G) => Condition,
): Promise<(G & Results)[]> {
  const items: (G & Results)[] = []
  for (const group of groups)
    items.push({ ...group, ...(await resultsWithin(conditionOf(group), counting, message)) })
  return items
}

export async function countedWithin(
  conditions: readonly Condition[],
  counting: Counting,
  message: Inner,
): Promise<CountedWithin[]> {
  const { found, context } = counting
  const items: CountedWithin[] = []
  for (const condition of conditions) {
    counting.spend()
    const count = await context.searchIndexes.count(found.index.id, counting.within(condition).condition)
    items.push({ count, ...(await resultsWithin(condition, counting, message)) })
  }
  return items
}
