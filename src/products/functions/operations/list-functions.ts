import { invalidArgument } from '../errors.ts'
import { type FunctionRecord, functionDocument } from '../function.ts'
import { functionsPrefix } from '../keys.ts'
import { listPage, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listFunctions = operation({
  name: 'ListFunctions',
  route: 'GET /2023-03-30/functions',
  body: none,

  async handle({ query }, context) {
    const { records, accountId } = context
    const page = pageOf(query)
    const { items, nextToken } = await listPage<FunctionRecord>(records, {
      prefix: functionsPrefix(accountId),
      namePrefix: query.get('prefix') ?? '',
      page,
      matches: filterOf(query),
    })
    return jsonReply(200, {
      functions: items.map((record) => functionDocument(record, context, record.restriction)),
      nextToken,
    })
  },
})

type Filter = (record: FunctionRecord) => boolean

function filterOf(query: URLSearchParams): Filter {
  const filters: Filter[] = [({ latestDeleted }) => !latestDeleted]
  const given = (name: string): string | undefined => query.get(name) || undefined
  const [runtime, description, functionName] = [given('runtime'), given('description'), given('functionName')]
  if (runtime) filters.push(({ config }) => config.runtime === runtime)
  if (description) filters.push(({ config }) => config.description.includes(description))
  if (functionName) filters.push((record) => record.functionName.includes(functionName))
  const resourceGroupId = given('resourceGroupId')
  if (resourceGroupId) filters.push(({ config }) => config.resourceGroupId === resourceGroupId)
  // Without it, functions of services are listed too, as with the vendor.
  const fcVersion = given('fcVersion')
  if (fcVersion) filters.push(({ inService }) => (fcVersion === 'v2') === (inService !== undefined))
  // None has a GPU here.
  if (given('gpuType')) filters.push(() => false)
  for (const { Key, Value } of tagsOf(given('tags'))) {
    filters.push(
      ({ config }) =>
        config.tags?.some((tag) => tag.Key === Key && (Value === undefined || (tag.Value ?? '') === Value)) ??
        false,
    )
  }
  return (record) => filters.every((filter) => filter(record))
}

/** A complex value of a query is JSON: `[{"Key":"k","Value":"v"}]`. */
function tagsOf(text: string | undefined): { Key: string; Value?: string }[] {
  if (!text) return []
  try {
    const tags: unknown = JSON.parse(text)
    if (Array.isArray(tags) && tags.every((tag) => typeof tag?.Key === 'string')) return tags
  } catch {
    // Worded below: what is not JSON is as wrong as what has another shape.
  }
  throw invalidArgument('tags must be a JSON list of {Key, Value}')
}
