/** What RPC-style APIs refuse before an operation is reached, in the words that all of them share. */
import { ApiError } from '../../../wire/api-error.ts'

export const missingParameter = (name: string) =>
  new ApiError(
    'MissingParameter',
    400,
    `The input parameter "${name}" that is mandatory for processing this request is not supplied.`,
  )

export const invalidAuthorization = () =>
  new ApiError('IncompleteSignature', 400, 'The request signature does not conform to Aliyun standards.')

export const accessKeyNotFound = () =>
  new ApiError('InvalidAccessKeyId.NotFound', 404, 'Specified access key is not found.')

export const malformedSecurityToken = () =>
  new ApiError('InvalidSecurityToken.Malformed', 400, 'Specified SecurityToken is malformed.')

export const expiredSecurityToken = () =>
  new ApiError('InvalidSecurityToken.Expired', 400, 'Specified SecurityToken is expired.')

export const signatureNotMatched = () =>
  new ApiError('SignatureDoesNotMatch', 400, 'Specified signature is not matched with our calculation.')

export const timestampExpired = () =>
  new ApiError('InvalidTimeStamp.Expired', 400, 'Specified time stamp or date value is expired.')

export const invalidVersion = () =>
  new ApiError('InvalidVersion', 400, 'Specified parameter Version is not valid.')

export const actionNotFound = () =>
  new ApiError('InvalidAction.NotFound', 404, 'Specified api is not found, please check your url and method.')
