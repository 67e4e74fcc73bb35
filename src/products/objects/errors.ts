/** What Object Storage refuses, in the vendor's words. Codes and messages are wire contract. */
import { ApiError } from '../../wire/api-error.ts'

export const noSuchBucket = (bucket: string) =>
  new ApiError('NoSuchBucket', 404, 'The specified bucket does not exist.', { BucketName: bucket })

export const noSuchKey = (key: string) =>
  new ApiError('NoSuchKey', 404, 'The specified key does not exist.', { Key: key })

/** Ours: a disk has changed or lost what was written. */
export const contentDamaged = (key?: string) =>
  new ApiError(
    'InternalError',
    500,
    'The bytes of the object are damaged on the disk of the platform, which has no copy of them that is whole.',
    key === undefined ? {} : { Key: key },
  )

export const invalidBucketName = (bucket: string) =>
  new ApiError('InvalidBucketName', 400, 'The specified bucket is not valid.', { BucketName: bucket })

export const invalidObjectName = (key: string) =>
  new ApiError('InvalidObjectName', 400, 'The specified object is not valid.', { ObjectName: key })

export const bucketNotEmpty = (bucket: string) =>
  new ApiError('BucketNotEmpty', 409, 'The bucket you tried to delete is not empty.', { BucketName: bucket })

export const noSuchVersion = (key: string, versionId: string) =>
  new ApiError('NoSuchVersion', 404, 'The specified version does not exist.', {
    Key: key,
    VersionId: versionId,
  })

/** A delete marker is what the newest version is, or what was asked for by its id. */
export const hiddenByMarker = (key: string, versionId: string) =>
  new ApiError('NoSuchKey', 404, 'The specified key does not exist.', { Key: key }, marker(versionId))

export const markerHasNoContent = (versionId: string) =>
  new ApiError(
    'MethodNotAllowed',
    405,
    'The specified method is not allowed against this resource.',
    { Method: 'GET', ResourceType: 'DeleteMarker' },
    { ...marker(versionId), allow: 'DELETE' },
  )

const marker = (versionId: string): Record<string, string> => ({
  'x-oss-delete-marker': 'true',
  'x-oss-version-id': versionId,
})

export const noSuchUpload = (uploadId: string) =>
  new ApiError(
    'NoSuchUpload',
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: uploadId },
  )

export const invalidPart = (uploadId: string, partNumber: number) =>
  new ApiError(
    'InvalidPart',
    400,
    "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
    { UploadId: uploadId, PartNumber: String(partNumber) },
  )

export const invalidPartOrder = () =>
  new ApiError(
    'InvalidPartOrder',
    400,
    'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
  )

export const entityTooSmall = (partNumber: number, sizeBytes: number, sizeBytesMin: number) =>
  new ApiError('EntityTooSmall', 400, 'Your proposed upload is smaller than the minimum allowed size.', {
    ProposedSize: String(sizeBytes),
    MinSizeAllowed: String(sizeBytesMin),
    PartNumber: String(partNumber),
  })

export const malformedXml = (reason: string) =>
  new ApiError(
    'MalformedXML',
    400,
    'The XML you provided was not well-formed or did not validate against our published schema.',
    { ErrorDetail: reason },
  )

export const invalidRequest = (message: string) => new ApiError('InvalidRequest', 400, message)

export const positionNotEqualToLength = (sizeBytes: number) =>
  new ApiError(
    'PositionNotEqualToLength',
    409,
    'Position is not equal to file length',
    {},
    { 'x-oss-next-append-position': String(sizeBytes) },
  )

export const objectNotAppendable = () =>
  new ApiError('ObjectNotAppendable', 409, 'The object is not appendable')

export const symlinkTargetNotExist = (target: string) =>
  new ApiError('SymlinkTargetNotExist', 404, 'The symlink target object does not exist.', { Target: target })

export const invalidTargetType = (target: string) =>
  new ApiError('InvalidTargetType', 400, 'The type of symlink target object is invalid.', { Target: target })

export const notSymlink = () => new ApiError('NotSymlink', 400, 'The object is not symlink')

export const operationNotSupported = (message: string) => new ApiError('OperationNotSupported', 400, message)

export const invalidObjectState = () =>
  new ApiError('InvalidObjectState', 403, "The operation is not valid for the object's state")

export const restoreAlreadyInProgress = () =>
  new ApiError('RestoreAlreadyInProgress', 409, 'The restore operation is in progress.')

export const invalidEncryptionAlgorithm = (algorithm: string) =>
  new ApiError('InvalidEncryptionAlgorithmError', 400, 'The Encryption Algorithm you provided is invalid.', {
    Algorithm: algorithm,
  })

export const invalidTag = (message: string) => new ApiError('InvalidTag', 400, message)

/** A setting of a bucket that was never made. */
export const noSuchSetting = (code: string, message: string, bucket: string) =>
  new ApiError(code, 404, message, { BucketName: bucket })

export const accessForbidden = (message: string) => new ApiError('AccessForbidden', 403, message)

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

/** Functions that are to be told of it do not keep up. */
export const slowDown = (reason: string) =>
  new ApiError('ServiceUnavailable', 503, `Please slow down: ${reason}.`)

/** The object is kept all the same: 203 says that the answer is not what was asked for. */
export const callbackFailed = (reason: string) => new ApiError('CallbackFailed', 203, reason)

/** In the vendor's words, who refuses all addresses that are not public (EC 0007-00000008; the text is unverified). */
export const callbackNotPublic = () =>
  new ApiError('InvalidArgument', 400, 'Private address is forbidden to callback.', {
    ArgumentName: 'callback',
  })

export const policyConditionFailed = (condition: string) =>
  new ApiError('AccessDenied', 403, `Invalid according to Policy: Policy Condition failed: ${condition}`)

export const invalidPolicyDocument = (reason: string) =>
  new ApiError('InvalidPolicyDocument', 400, `Invalid Policy: ${reason}`)

// Of image processing. The vendor's reference has the codes; of the messages those that are in its examples are its own.

export const badRequest = (message: string) => new ApiError('BadRequest', 400, message)

export const unsupportedImageFormat = () => badRequest('This image format is not supported.')

export const brokenImage = () => badRequest('The image file may be damaged.')

export const invalidProcess = (reason: string) =>
  new ApiError('InvalidArgument', 400, 'The x-oss-process is invalid.', { ErrorDetail: reason })

export const unsupportedAction = (action: string) =>
  new ApiError('InvalidArgument', 400, `The action : ${action} is not supported.`)

export const invalidValue = (value: string, name: string, reason?: string) =>
  new ApiError(
    'InvalidArgument',
    400,
    `The value: ${value} of parameter: ${name} is invalid.${reason === undefined ? '' : `reason:${reason}`}`,
  )

export const missingArgument = (action: string, names: string) =>
  new ApiError('MissingArgument', 400, `The action ${action} lacks one of: ${names}.`)

export const imageTooLarge = (message = 'The image is too large.') =>
  new ApiError('ImageTooLarge', 400, message)

export const watermarkError = (message: string) => new ApiError('WatermarkError', 400, message)

export const noSuchStyle = (style: string) =>
  new ApiError('NoSuchStyle', 404, 'The specified style does not exist.', { StyleName: style })

/** Not for retrying: the machine lacks something. */
export const imagesNotHere = (reason: string) =>
  new ApiError('NotImplemented', 501, `Image processing is not available: ${reason}`)

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

/** Of back-to-origin requests; all texts but those of our own bounds are the vendor's (help: "424 error"). */
export const mirrorFailed = (message: string) => new ApiError('MirrorFailed', 424, message)

/** The vendor takes no internal address as an origin; its text is not known. */
export const mirrorNotPublic = (url: string) =>
  new ApiError('InvalidArgument', 400, 'Private address is forbidden as the origin of a mirror.', {
    ArgumentName: 'MirrorURL',
    ArgumentValue: url,
  })

/** The vendor's code; the text is unverified. */
export const invalidTargetBucketForLogging = (bucket: string) =>
  new ApiError('InvalidTargetBucketForLogging', 400, 'The target bucket for logging does not exist.', {
    TargetBucket: bucket,
  })

/** Of those that nobody could charge (EC 0003-00000702 is the vendor's; the text is ours). */
export const requesterPays = () =>
  accessDenied('The bucket is pay-by-requester: anonymous requests are not allowed.')

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
