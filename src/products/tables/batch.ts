/** Answers to one of many: an error of a row is data, and anything else that is thrown is not. */
import { ApiError } from '../../wire/api-error.ts'
import { parameterInvalid } from './errors.ts'

/** The names of the tables of a batch, each of which may be there once. */
export function distinct(names: readonly string[]): string[] {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw parameterInvalid(`Duplicated table name: '${name}'.`)
    seen.add(name)
  }
  return [...seen]
}

export async function orError<T>(task: () => Promise<T>): Promise<T | ApiError> {
  try {
    return await task()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

/** An operation knows products' errors by this name. */
export const isError = (answer: unknown): answer is ApiError => answer instanceof ApiError

export const failed = ({ code, message }: ApiError) => ({ is_ok: false, error: { code, message } })
