import { type RecordStore, type StoredRecord, VersionConflict, type Write } from '../../../ports/records.ts'
import { concurrentUpdate } from '../errors.ts'
import type { FunctionRecord } from '../function.ts'
import { serviceFunctionsPrefix, serviceKey } from '../keys.ts'
import type { FunctionsContext } from '../vocabulary.ts'
import { serviceNotFound } from './errors.ts'
import type { ServiceRecord } from './service.ts'

export interface ServiceChange<Result> {
  /** The new root, or what becomes of it; without it the root is written as it was, to serialize the change. */
  service?: ServiceRecord | 'removed'
  /** Whatever else changes with it. */
  writes: Write[]
  /** Full names of the functions that are others now, for those who remember them. */
  forget?: readonly string[]
  result: Result
}

const ATTEMPTS_MAX = 20

/**
 * Applies one change to a service or to its functions, versions or aliases, in one commit. `decide` is asked again when
 * another change came first. Throws `ServiceNotFound`.
 */
export async function changeService<Result>(
  { records, directory, accountId }: Pick<FunctionsContext, 'records' | 'directory' | 'accountId'>,
  serviceName: string,
  decide: (service: ServiceRecord) => Promise<ServiceChange<Result>> | ServiceChange<Result>,
): Promise<Result> {
  const key = serviceKey(accountId, serviceName)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const stored = await records.get<ServiceRecord>(key)
    if (!stored) throw serviceNotFound(serviceName)
    const { service = stored.value, writes, forget = [], result } = await decide(stored.value)
    const root: Write =
      service === 'removed'
        ? { remove: key, expect: stored.version }
        : { put: key, value: service, expect: stored.version }
    try {
      await records.commit([root, ...writes])
      return result
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
    } finally {
      for (const functionName of forget) directory.forget(accountId, functionName)
    }
  }
  throw concurrentUpdate()
}

export async function requireService(
  { records, accountId }: Pick<FunctionsContext, 'records' | 'accountId'>,
  serviceName: string,
): Promise<ServiceRecord> {
  const stored = await records.get<ServiceRecord>(serviceKey(accountId, serviceName))
  if (!stored) throw serviceNotFound(serviceName)
  return stored.value
}

/** Ours: a version keeps all functions of its service, in one commit. */
export const FUNCTIONS_MAX = 100

/** Every function of a service, those too that only its versions still have. */
export const functionsOf = (
  records: RecordStore,
  accountId: string,
  serviceName: string,
): Promise<StoredRecord<FunctionRecord>[]> =>
  records.list<FunctionRecord>({
    prefix: serviceFunctionsPrefix(accountId, serviceName),
    limit: FUNCTIONS_MAX + 1,
  })
