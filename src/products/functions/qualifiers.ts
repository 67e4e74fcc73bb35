import type { RecordStore } from '../../ports/records.ts'
import type { AliasRecord } from './aliases.ts'
import { aliasNotFound, invalidArgument, versionNotFound } from './errors.ts'
import type { FunctionRecord, FunctionState } from './function.ts'
import { aliasKey, functionKey, triggersPrefix, versionKey } from './keys.ts'
import { isVersionId, LATEST } from './names.ts'
import type { TriggerRecord } from './triggers.ts'
import type { VersionRecord } from './versions.ts'

/** The qualifier that a query names; LATEST when it names none. */
export const qualifierOf = (query: URLSearchParams): string => query.get('qualifier') || LATEST

/** "You can only configure provisioned instances for a function of the LATEST version or with a specific alias." */
export function checkProvisionable(qualifier: string): void {
  if (isVersionId(qualifier))
    throw invalidArgument(`qualifier must be ${LATEST} or an alias (actual: '${qualifier}')`)
}

/**
 * The state that a qualifier stands for when a function is looked at: of an alias, its main version.
 * (What an invocation runs is decided by directory.ts.) Throws `VersionNotFound` or `AliasNotFound`.
 */
export async function stateAt(
  records: RecordStore,
  accountId: string,
  root: FunctionRecord,
  qualifier: string,
): Promise<FunctionState> {
  if (qualifier === LATEST) return root
  const { functionName } = root
  if (isVersionId(qualifier)) {
    const version = await records.get<VersionRecord>(versionKey(accountId, functionName, qualifier))
    if (!version) throw versionNotFound(functionName, qualifier)
    return version.value.state
  }
  const alias = await records.get<AliasRecord>(aliasKey(accountId, functionName, qualifier))
  if (!alias) throw aliasNotFound(functionName, qualifier)
  return stateAt(records, accountId, root, alias.value.versionId)
}

/** The records that are there as long as this can be invoked. */
export function keysOfTarget(accountId: string, functionName: string, qualifier: string): string[] {
  const root = functionKey(accountId, functionName)
  if (qualifier === LATEST) return [root]
  const keyOf = isVersionId(qualifier) ? versionKey : aliasKey
  return [root, keyOf(accountId, functionName, qualifier)]
}

/** The trigger that invokes this qualifier, if there is one: such a version or alias cannot be deleted. */
export async function triggerOfQualifier(
  records: RecordStore,
  accountId: string,
  functionName: string,
  qualifier: string,
): Promise<TriggerRecord | undefined> {
  const triggers = await records.list<TriggerRecord>({
    prefix: triggersPrefix(accountId, functionName),
    limit: 1000,
  })
  return triggers.find(({ value }) => value.qualifier === qualifier)?.value
}
