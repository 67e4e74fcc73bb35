/** What Object Storage refuses, in the vendor's words. Codes and messages are wire contract. */
import { ApiError } from '../../wire/api-error.ts'

export const noSuchBucket = (bucket: string) =>
  new ApiError('NoSuchBucket', 404, 'The specified bucket does not exist.', { BucketName: bucket })

export const noSuchKey = (key: string) =>
  new ApiError('NoSuchKey', 404, 'The specified key does not exist.', { Key: key })

export const invalidBucketName = (bucket: string) =>
  new ApiError('InvalidBucketName', 400, 'The specified bucket is not valid.', { BucketName: bucket })

export const invalidObjectName = (key: string) =>
  new ApiError('InvalidObjectName', 400, 'The specified object is not valid.', { ObjectName: key })

export const fileAlreadyExists = () =>
  new ApiError(
    'FileAlreadyExists',
    409,
    'The object you specified already exists and can not be overwritten.',
  )

export const entityTooLarge = (sizeBytesMax: number) =>
  new ApiError('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed object size.', {
    MaxSizeAllowed: String(sizeBytesMax),
  })

export const missingContentLength = () =>
  new ApiError('MissingContentLength', 411, 'You must provide the Content-Length HTTP header.')

export const invalidDigest = (details: { ClientMD5?: string; ServerMD5?: string } = {}) =>
  new ApiError('InvalidDigest', 400, 'The Content-MD5 you specified was invalid.', details)

export const contentSha256Mismatch = () =>
  new ApiError('InvalidDigest', 400, 'The x-oss-content-sha256 you specified did not match what we received.')

export const incompleteBody = () =>
  new ApiError('IncompleteBody', 400, 'The request body ended before its announced length.')

export const invalidRange = (range: string, sizeBytes: number) =>
  new ApiError(
    'InvalidRange',
    416,
    'The requested range cannot be satisfied',
    { RangeRequested: range, ActualObjectSize: String(sizeBytes) },
    { 'content-range': `bytes */${sizeBytes}` },
  )

export const preconditionFailed = (condition: string) =>
  new ApiError('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  })

/** A 304 has no body; it is thrown because it ends an operation as errors do. */
export const notModified = (headers: Record<string, string>) =>
  new ApiError('NotModified', 304, 'The object has not changed.', {}, headers)

export const invalidArgument = (name: string, value: string) =>
  new ApiError('InvalidArgument', 400, `The argument ${name} is not valid.`, {
    ArgumentName: name,
    ArgumentValue: value,
  })

export const tooManyWriters = () =>
  new ApiError('ServiceUnavailable', 503, 'Please reduce the rate at which you write this object.')

/** Whatever is not offered is refused, never silently left undone. */
export const notImplemented = (header: string) =>
  new ApiError(
    'NotImplemented',
    501,
    'A header or query you provided implies functionality that is not implemented.',
    {
      Header: header,
    },
  )

export const accessDenied = (message = 'You have no right to access this object.') =>
  new ApiError('AccessDenied', 403, message)

export const invalidAccessKeyId = (accessKeyId: string) =>
  new ApiError(
    'InvalidAccessKeyId',
    403,
    'The OSS Access Key Id you provided does not exist in our records.',
    { OSSAccessKeyId: accessKeyId },
  )

export const invalidSecurityToken = () =>
  new ApiError('InvalidSecurityToken', 403, 'The security token you provided is invalid.')

export const securityTokenExpired = () =>
  new ApiError('SecurityTokenExpired', 403, 'The security token you provided has expired.')

export const requestTimeTooSkewed = (nowMs: number) =>
  new ApiError(
    'RequestTimeTooSkewed',
    403,
    'The difference between the request time and the current time is too large.',
    { MaxAllowedSkewMilliseconds: '900000', ServerTime: new Date(nowMs).toISOString() },
  )

export const signatureDoesNotMatch = (details: {
  OSSAccessKeyId: string
  SignatureProvided: string
  StringToSign: string
}) =>
  new ApiError(
    'SignatureDoesNotMatch',
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    details,
  )
