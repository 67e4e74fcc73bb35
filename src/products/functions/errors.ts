import { ApiError } from '../../wire/api-error.ts'

/**
 * Every refusal of this product. Codes and texts follow the vendor's list of error codes
 * (help pages "error codes" of Function Compute and of API 2021-04-06); where FC 2.0 says "of service" we say "of function".
 */
export const invalidArgument = (message: string) => new ApiError('InvalidArgument', 400, message)

/** Known to the vendor, not built here. Never accepted silently. */
export const notImplemented = (what: string) =>
  new ApiError('NotImplemented', 501, `${what} is not implemented`)

export const pathNotSupported = (method: string, path: string) =>
  new ApiError('PathNotSupported', 400, `'${method}' against '${path}' is not supported`)

export const entityTooLarge = (bytesMax: number) =>
  new ApiError('EntityTooLarge', 400, `payload size exceeds maximum allowed size (${bytesMax} bytes)`)

export const preconditionFailed = () =>
  new ApiError('PreconditionFailed', 412, 'the resource being modified has been changed')

export const concurrentUpdate = () =>
  new ApiError('ConcurrentUpdateError', 409, 'the resource is being changed by another request, please retry')

export const accessDenied = (message: string) => new ApiError('AccessDenied', 403, message)

/** The vendor's words, seen in reports of its users. */
export const callerNotAuthorized = (action: string, resource: string) =>
  accessDenied(`the caller is not authorized to perform '${action}' on resource '${resource}'`)

/** Ours. */
export const platformKeepsNothing = () =>
  new ApiError(
    'PreconditionFailed',
    412,
    'the platform keeps everything in memory: it was started with --ephemeral',
  )

/** Ours. */
export const snapshotUnderWay = () =>
  new ApiError('Conflict', 409, 'another snapshot is under way: wait for it, or end it')

export const functionNotFound = (functionName: string) =>
  new ApiError('FunctionNotFound', 404, `function '${functionName}' does not exist`)

export const functionAlreadyExists = (functionName: string) =>
  new ApiError('FunctionAlreadyExists', 409, `function '${functionName}' already exists`)

export const functionNotEmpty = (functionName: string, holds: string) =>
  new ApiError('FunctionNotEmpty', 409, `function '${functionName}' still has ${holds}, delete them first`)

export const functionInvocationDisabled = (functionName: string, reason: string) =>
  new ApiError(
    'FunctionInvocationDisabled',
    403,
    `the invocation of function '${functionName}' is disabled${reason === '' ? '' : `: ${reason}`}`,
  )

/** It was under way when the function was disabled with `abortOngoingRequest`. */
export const invocationStopped = (functionName: string) =>
  functionInvocationDisabled(functionName, 'this one was under way, and was ended')

export const versionNotFound = (functionName: string, versionId: string) =>
  new ApiError('VersionNotFound', 404, `version '${versionId}' of function '${functionName}' does not exist`)

export const versionPublishError = (functionName: string, detail: string) =>
  new ApiError(
    'VersionPublishError',
    409,
    `can not publish version for function '${functionName}', detail: '${detail}'`,
  )

export const versionInUse = (functionName: string, versionId: string, by: string) =>
  new ApiError('VersionInUse', 409, `version '${versionId}' of function '${functionName}' is used by ${by}`)

export const aliasNotFound = (functionName: string, aliasName: string) =>
  new ApiError('AliasNotFound', 404, `alias '${aliasName}' of function '${functionName}' does not exist`)

export const aliasAlreadyExists = (functionName: string, aliasName: string) =>
  new ApiError('AliasAlreadyExists', 409, `alias '${aliasName}' of function '${functionName}' already exists`)

export const aliasInUse = (functionName: string, aliasName: string, by: string) =>
  new ApiError('AliasInUse', 409, `alias '${aliasName}' of function '${functionName}' is used by ${by}`)

export const additionalVersionContainsMajorVersion = (weight: object, versionId: string) =>
  new ApiError(
    'AdditionalVersionContainsMajorVersion',
    400,
    `additionalVersionWeight ${JSON.stringify(weight)} should not contain major version ${versionId}`,
  )

export const triggerNotFound = (functionName: string, triggerName: string) =>
  new ApiError(
    'TriggerNotFound',
    404,
    `trigger '${triggerName}' of function '${functionName}' does not exist`,
  )

export const triggerAlreadyExists = (functionName: string, triggerName: string) =>
  new ApiError(
    'TriggerAlreadyExists',
    409,
    `trigger '${triggerName}' of function '${functionName}' already exists`,
  )

export const domainNameNotFound = (domainName: string) =>
  new ApiError('DomainNameNotFound', 404, `domain name '${domainName.slice(0, 300)}' does not exist`)

export const domainNameAlreadyExists = (domainName: string) =>
  new ApiError('DomainNameAlreadyExists', 409, `domain name '${domainName}' already exists`)

export const asyncConfigNotExists = (functionName: string, qualifier: string) =>
  new ApiError('AsyncConfigNotExists', 404, `AsyncConfig for ${functionName}:${qualifier} does not exist.`)

/** FC 3.0 still answers with the name of the 2021 resource: Terraform's provider for FC 3.0 expects this code. */
export const concurrencyConfigNotFound = (functionName: string) =>
  new ApiError(
    'OnDemandConfigNotFound',
    404,
    `the concurrency config of function '${functionName}' does not exist`,
  )

/** `s` and others wait and try again when a function cannot be deleted because of it. */
export const provisionConfigExist = (functionName: string, qualifier: string) =>
  new ApiError(
    'ProvisionConfigExist',
    409,
    `the provision config of '${functionName}:${qualifier}' exists, delete it first`,
  )

export const scalingConfigExist = (functionName: string, qualifier: string) =>
  new ApiError(
    'ScalingConfigExist',
    409,
    `the scaling config of '${functionName}:${qualifier}' exists, delete it first`,
  )

export const layerNotFound = (layerName: string) =>
  new ApiError('LayerNotFound', 404, `layer '${layerName}' does not exist`)

export const layerVersionNotFound = (layerName: string, version: string) =>
  new ApiError('LayerVersionNotFound', 404, `version '${version}' of layer '${layerName}' does not exist`)

export const asyncTaskAlreadyExists = (taskId: string) =>
  new ApiError('AsyncTaskAlreadyExists', 409, `the async task '${taskId}' already exists`)

/** The code is seen in the vendor's tools. */
export const asyncTaskNotFound = (functionName: string, taskId: string) =>
  new ApiError(
    'AsyncTaskNotFound',
    404,
    `the async task '${taskId}' of function '${functionName}' does not exist`,
  )

export const resourceExhausted = (message: string) => new ApiError('ResourceExhausted', 429, message)

export const clientClosedRequest = () => new ApiError('ClientClosedRequest', 499, 'client Closed Request')

export const internalServerError = (message: string) => new ApiError('InternalServerError', 500, message)

/** The program of a custom runtime did not come to serve. */
export const notStarted = (code: string, message: string) => new ApiError(code, 412, message)

/** The vendor's list of codes has none for it; the shape is that of the others. */
export const instanceNotFound = (functionName: string, instanceId: string) =>
  new ApiError(
    'InstanceNotFound',
    404,
    `instance '${instanceId.slice(0, 200)}' of function '${functionName}' does not exist`,
  )
