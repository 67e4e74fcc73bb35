import type { RecordStore } from '../../../ports/records.ts'
import { ApiError } from '../../../wire/api-error.ts'
import type { AliasRecord } from '../aliases.ts'
import type { FunctionRecord, FunctionState } from '../function.ts'
import { aliasKey, functionKey, serviceVersionKey, versionKey } from '../keys.ts'
import { isVersionId, LATEST } from '../names.ts'
import type { VersionRecord } from '../versions.ts'
import type { FunctionsContext } from '../vocabulary.ts'
import { requireService } from './change-service.ts'
import { aliasNotFound, functionNotFound, versionNotFound } from './errors.ts'
import { type Located, nameInService, serviceAndFunction } from './names.ts'
import type { ServiceRecord, ServiceVersionRecord } from './service.ts'

type Reading = Pick<FunctionsContext, 'records' | 'accountId'>

/** The aliases of a service are kept under what all of its functions' names begin with (keys.ts). */
export const aliasHolder = (serviceName: string): string => `${serviceName}$`

export async function requireVersion(
  records: RecordStore,
  accountId: string,
  serviceName: string,
  versionId: string,
): Promise<ServiceVersionRecord> {
  const stored = isVersionId(versionId)
    ? await records.get<ServiceVersionRecord>(serviceVersionKey(accountId, serviceName, versionId))
    : undefined
  if (!stored) throw versionNotFound(serviceName, versionId)
  return stored.value
}

export async function requireAlias(
  { records, accountId }: Reading,
  serviceName: string,
  aliasName: string,
): Promise<AliasRecord> {
  const stored = await records.get<AliasRecord>(aliasKey(accountId, aliasHolder(serviceName), aliasName))
  if (!stored) throw aliasNotFound(serviceName, aliasName)
  return stored.value
}

/** The service, and what its qualifier stands for: a version (of an alias, the main one) or, without it, LATEST. */
export async function serviceAt(
  context: Reading,
  { serviceName, qualifier }: Located,
): Promise<{ service: ServiceRecord; version?: ServiceVersionRecord }> {
  const { records, accountId } = context
  const service = await requireService(context, serviceName)
  if (qualifier === LATEST) return { service }
  const versionId = isVersionId(qualifier)
    ? qualifier
    : (await requireAlias(context, serviceName, qualifier)).versionId
  return { service, version: await requireVersion(records, accountId, serviceName, versionId) }
}

/** A function as its service's qualifier has it. */
export async function functionAt(
  context: Reading,
  located: Located,
  functionName: string,
): Promise<FunctionState> {
  const { records, accountId } = context
  const { serviceName } = located
  const name = nameInService(serviceName, functionName)
  const { version } = await serviceAt(context, located)
  if (version) {
    const stored = await records.get<VersionRecord>(versionKey(accountId, name, version.versionId))
    if (!stored) throw functionNotFound(serviceName, functionName)
    return stored.value.state
  }
  const stored = await records.get<FunctionRecord>(functionKey(accountId, name))
  if (!stored || stored.value.latestDeleted) throw functionNotFound(serviceName, functionName)
  return stored.value
}

/** What there is to say when a function could not be resolved: its service, the qualifier or the function is missing. */
export async function whyNotFound(context: Reading, name: string, qualifier: string): Promise<ApiError> {
  const { serviceName, functionName } = serviceAndFunction(name)
  try {
    await functionAt(context, { serviceName, qualifier }, functionName)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  // It came to be in between.
  return functionNotFound(serviceName, functionName)
}
