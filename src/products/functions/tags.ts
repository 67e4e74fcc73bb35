/** Tags of functions, the one kind of resource that is tagged here. They are no part of what an instance runs. */
import { z } from 'zod'
import { changeFunction } from './change-function.ts'
import { invalidArgument, notImplemented } from './errors.ts'
import type { FunctionRecord } from './function.ts'
import type { tag } from './function-spec.ts'
import { functionArn } from './names.ts'
import type { FunctionsContext } from './vocabulary.ts'

export type Tag = z.output<typeof tag>

/** As many as CreateFunction takes. */
const tagsMax = 20
/** "You can specify a maximum of 50 tags" (UntagResources); of resources as many. */
export const namedMax = 50

/** The functions that ids name: `acs:fc:{region}:{account}:functions/{name}`. Throws `ApiError`. */
export function functionsNamed(
  { region, accountId }: Pick<FunctionsContext, 'region' | 'accountId'>,
  resourceIds: readonly string[],
): string[] {
  const prefix = functionArn(region, accountId, '')
  const names = resourceIds.map((id) => {
    const name = id.startsWith(prefix) ? id.slice(prefix.length) : ''
    if (name === '' || name.includes('/'))
      throw invalidArgument(`ResourceId '${id.slice(0, 256)}' is not the ARN of a function of this account`)
    return name
  })
  return [...new Set(names)]
}

/** `FUNCTION`, `function` and `ALIYUN::FC:FUNCTION` are one. Throws `ApiError` for others. */
export function checkResourceType(resourceType: string | null | undefined): void {
  if (!resourceType) throw invalidArgument('ResourceType is required but not provided')
  if (/^(aliyun::fc:)?function$/i.test(resourceType)) return
  throw notImplemented(`the resource type '${resourceType.slice(0, 64)}'`)
}

/** A complex value of a query is JSON. */
export function listIn<T>(query: URLSearchParams, field: string, item: z.ZodType<T>): T[] {
  const text = query.get(field)
  if (!text) return []
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    throw invalidArgument(`${field} is not a JSON list`)
  }
  const read = z.array(item).max(namedMax).safeParse(given)
  if (!read.success)
    throw invalidArgument(`${field} is set to an invalid value: ${read.error.issues[0]?.message}`)
  return read.data
}

/** The same revision as before: instances stay, and LATEST has not changed since it was published. */
export const changeTags = (
  context: FunctionsContext,
  functionName: string,
  change: (tags: readonly Tag[]) => Tag[],
): Promise<void> =>
  changeFunction<void>(context, functionName, (root: FunctionRecord) => {
    const tags = change(root.config.tags ?? [])
    if (tags.length > tagsMax)
      throw invalidArgument(`function '${functionName}' must not have more than ${tagsMax} tags`)
    return { root: { ...root, config: { ...root.config, tags } }, writes: [], result: undefined }
  })
