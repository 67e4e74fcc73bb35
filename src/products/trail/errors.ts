import { ApiError } from '../../wire/api-error.ts'

/** The vendor's code for a query that is not one; which words it has for which parameter is not known. */
export const invalidQuery = (detail: string) =>
  new ApiError('InvalidQueryParameter', 400, `The specified query parameter is invalid: ${detail}`)

export const notAuthorized = () =>
  new ApiError(
    'NoPermission',
    403,
    'You are not authorized to do this action. You should be authorized by RAM.',
  )
