/** What the control plane refuses, in the words of the vendor's page "Control OpenAPI error codes" (read in November 2026). */
import { ApiError } from '../../wire/api-error.ts'

export { notImplemented } from '../../wire/rpc/rpc-errors.ts'

export const missing = (parameter: string) =>
  new ApiError(`Missing${parameter}`, 400, `The ${parameter} is mandatory for this action.`)

/** `reason` is ours: the vendor's sentence alone tells nobody what to change. */
export const invalid = (parameter: string, reason?: string) =>
  new ApiError(
    `Invalid${parameter}`,
    400,
    `The specified parameter ${parameter} value is not valid.${reason === undefined ? '' : ` ${reason}`}`,
  )

export const wronglyFormatted = (parameter: string, reason: string) =>
  new ApiError(
    `InvalidFormat${parameter}`,
    400,
    `The specified parameter ${parameter} value is not well formatted. ${reason}`,
  )

export const duplicate = (parameter: string) =>
  new ApiError(`Duplicate${parameter}`, 400, `The specified parameter ${parameter} value is duplicate.`)

export const notFound = (kind: string) =>
  new ApiError(`NotFound${kind}`, 400, `Cannot find resource according to your specified ${kind}.`)

export const quotaExceeded = (kind: string, max: number) =>
  new ApiError(`QuotaExceeded${kind}`, 400, `The number of ${kind} exceeds the limit of ${max}.`)

/** Code and text are ours. */
export const inUse = (kind: string, by: string) =>
  new ApiError(`InUse${kind}`, 400, `The ${kind} cannot be deleted: ${by}.`)

export const forbidden = () =>
  new ApiError(
    'Forbidden.RAM',
    403,
    'User not authorized to operate on the specified resource, or this API doesn’t support RAM.',
  )

export const roleNotTrusted = (roleArn: string) =>
  new ApiError('Forbidden.RoleArn', 403, `No permission to assume the role '${roleArn}' for you`)

/** What a refusal says; anything else is a defect of ours, and thrown on. */
export function refusalIn(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  throw thrown
}
