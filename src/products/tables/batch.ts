/** Answers to one of many: an error of a row is data, and anything else that is thrown is not. */
import { ApiError } from '../../wire/api-error.ts'

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
