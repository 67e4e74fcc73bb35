/** What this API words otherwise than `wire/rpc/rpc-errors.ts`. */
import { ApiError } from '../../../wire/api-error.ts'

export const missingParameter = (name: string) =>
  new ApiError(
    'MissingParameter',
    400,
    `The input parameter "${name}" that is mandatory for processing this request is not supplied.`,
  )
