import type { AliasRecord } from '../aliases.ts'
import { requireFunction } from '../change-function.ts'
import { invalidArgument } from '../errors.ts'
import { aliasKey } from '../keys.ts'
import { isVersionId, LATEST } from '../names.ts'
import { limitOf } from '../paging.ts'
import { stateAt } from '../qualifiers.ts'
import { type FunctionsContext, jsonReply, none, operation } from '../vocabulary.ts'

/** Those that are there right now: what became of earlier ones is not kept (README.md, Gaps). */
export const listInstances = operation({
  name: 'ListInstances',
  route: 'GET /2023-03-30/functions/{functionName}/instances',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { records, accountId, requestId } = context
    const limit = limitOf(query)
    const [fromMs, untilMs] = [timeOf(query, 'startTimeMs'), timeOf(query, 'endTimeMs')]
    const ids = listOf(query, 'instanceIds')
    const statuses = listOf(query, 'instanceStatus')
    const qualifier = query.get('qualifier')
    const root = await requireFunction(context, functionName)
    if (qualifier) await stateAt(records, accountId, root, qualifier)
    const versions = qualifier ? await versionsOf(context, functionName, qualifier) : undefined
    const instances = context
      .runningInstances(functionName)
      .filter(({ versionId }) => versions === undefined || versions.includes(versionId))
      .filter(({ instanceId }) => ids.length === 0 || ids.includes(instanceId))
      .filter(() => statuses.length === 0 || statuses.some((status) => status.toLowerCase() === 'running'))
      .filter(
        ({ createdMs }) => createdMs >= (fromMs ?? 0) && createdMs <= (untilMs ?? Number.POSITIVE_INFINITY),
      )
      .slice(0, limit)
      .map(({ instanceId, versionId, qualifier: startedFor, createdMs }) => ({
        instanceId,
        // "If the instance belongs to the LATEST alias, 0 is returned as the version."
        versionId: versionId === LATEST ? '0' : versionId,
        qualifier: startedFor,
        status: 'Running',
        createdTimeMs: createdMs,
      }))
    return jsonReply(200, { instances, requestId })
  },
})

/** `a,b`, or the parameter several times. */
const listOf = (query: URLSearchParams, name: string): string[] =>
  query
    .getAll(name)
    .flatMap((text) => text.replace(/^\[|\]$/g, '').split(','))
    .map((item) => item.trim().replace(/^"|"$/g, ''))
    .filter((item) => item !== '')

function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (!text) return undefined
  if (!/^\d{1,15}$/.test(text)) throw invalidArgument(`${name} must be a time in milliseconds`)
  return Number(text)
}

/** Those that a qualifier sends invocations to. */
export async function versionsOf(
  { records, accountId }: FunctionsContext,
  functionName: string,
  qualifier: string,
): Promise<string[]> {
  if (qualifier === LATEST || isVersionId(qualifier)) return [qualifier]
  const alias = await records.get<AliasRecord>(aliasKey(accountId, functionName, qualifier))
  return alias ? [alias.value.versionId, ...Object.keys(alias.value.additionalVersionWeight)] : []
}
