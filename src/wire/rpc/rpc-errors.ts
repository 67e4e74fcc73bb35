/** What every RPC API of the vendor refuses alike; texts as its gateway has them ("common error codes"). */
import { ApiError } from '../api-error.ts'

export const missingParameter = (name: string) =>
  new ApiError(`Missing${name}`, 400, `${name} is mandatory for this action.`)

export const repeatedParameter = (name: string) =>
  new ApiError('InvalidParameter', 400, `The parameter ${name.slice(0, 100)} is given more than once.`)

export const malformedParameters = () =>
  new ApiError('InvalidParameter', 400, 'The parameters are not percent-encoded UTF-8.')

export const actionNotFound = () =>
  new ApiError('InvalidAction.NotFound', 404, 'Specified api is not found, please check your url and method.')

export const invalidVersion = () =>
  new ApiError('InvalidVersion', 400, 'Specified parameter Version is not valid.')

export const notImplemented = (what: string) =>
  new ApiError('NotImplemented', 501, `${what} is not implemented`)

export const requestTooLarge = (bytesMax: number) =>
  new ApiError('RequestEntityTooLarge', 413, `The request body is larger than ${bytesMax} bytes.`)

export const bodyCutOff = () =>
  new ApiError('IncompleteBody', 400, 'The request body ended before its announced length.')

export const accessKeyNotFound = () =>
  new ApiError('InvalidAccessKeyId.NotFound', 404, 'Specified access key is not found.')

export const accessKeyInactive = () =>
  new ApiError('InvalidAccessKeyId.Inactive', 400, 'Specified access key is disabled.')

export const malformedSecurityToken = () =>
  new ApiError('InvalidSecurityToken.Malformed', 400, 'Specified SecurityToken is malformed.')

export const securityTokenExpired = () =>
  new ApiError('InvalidSecurityToken.Expired', 400, 'Specified SecurityToken is expired.')

export const malformedTimestamp = () =>
  new ApiError('InvalidTimeStamp.Format', 400, 'Specified time stamp or date value is not well formatted.')

export const timestampExpired = () =>
  new ApiError('InvalidTimeStamp.Expired', 400, 'Specified time stamp or date value is expired.')

export const unknownSignatureMethod = () =>
  new ApiError('InvalidSignatureMethod', 400, 'Specified signature method is not valid.')

export const incompleteSignature = () =>
  new ApiError('IncompleteSignature', 400, 'The request signature does not conform to Aliyun standards.')

/** What we would have signed shows people what they signed otherwise. */
export const signatureDoesNotMatch = (stringToSign: string) =>
  new ApiError(
    'SignatureDoesNotMatch',
    400,
    `Specified signature is not matched with our calculation. server string to sign is:${stringToSign}`,
  )
