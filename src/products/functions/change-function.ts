import { VersionConflict, type Write } from '../../ports/records.ts'
import { concurrentUpdate, functionNotFound } from './errors.ts'
import type { FunctionRecord } from './function.ts'
import { functionKey } from './keys.ts'
import type { FunctionsContext } from './vocabulary.ts'

export interface Change<Result> {
  /** The new root, or what becomes of it; without it the root is written as it was, to serialize the change. */
  root?: FunctionRecord | 'removed'
  /** Whatever else changes with it. */
  writes: Write[]
  result: Result
}

const ATTEMPTS_MAX = 20

/**
 * Applies one change to a function or to anything that belongs to it, in one commit. `decide` reads what it needs and
 * says what to write; it is asked again when another change of the same function came first. Throws `FunctionNotFound`.
 */
export async function changeFunction<Result>(
  { records, directory, accountId }: Pick<FunctionsContext, 'records' | 'directory' | 'accountId'>,
  functionName: string,
  decide: (root: FunctionRecord) => Promise<Change<Result>> | Change<Result>,
): Promise<Result> {
  const key = functionKey(accountId, functionName)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const stored = await records.get<FunctionRecord>(key)
    if (!stored || stored.value.latestDeleted) throw functionNotFound(functionName)
    const { root = stored.value, writes, result } = await decide(stored.value)
    const rootWrite: Write =
      root === 'removed'
        ? { remove: key, expect: stored.version }
        : { put: key, value: root, expect: stored.version }
    try {
      await records.commit([rootWrite, ...writes])
      return result
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
    } finally {
      directory.forget(accountId, functionName)
    }
  }
  throw concurrentUpdate()
}

export async function requireFunction(
  { records, accountId }: Pick<FunctionsContext, 'records' | 'accountId'>,
  functionName: string,
): Promise<FunctionRecord> {
  const stored = await records.get<FunctionRecord>(functionKey(accountId, functionName))
  if (!stored || stored.value.latestDeleted) throw functionNotFound(functionName)
  return stored.value
}
