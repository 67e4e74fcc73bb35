import { ApiError } from '../../../wire/api-error.ts'

/** What these APIs refuse about services; texts as in the vendor's list of error codes of API 2021-04-06. */
export const serviceNotFound = (serviceName: string) =>
  new ApiError('ServiceNotFound', 404, `service '${serviceName}' does not exist`)

export const serviceAlreadyExists = (serviceName: string) =>
  new ApiError('ServiceAlreadyExists', 409, `service '${serviceName}' already exists`)

export const serviceNotEmpty = (serviceName: string, holds: string) =>
  new ApiError('ServiceNotEmpty', 409, `service '${serviceName}' has ${holds}, delete them first`)

export const functionNotFound = (serviceName: string, functionName: string) =>
  new ApiError(
    'FunctionNotFound',
    404,
    `function '${functionName}' does not exist in service '${serviceName}'`,
  )

export const functionAlreadyExists = (serviceName: string, functionName: string) =>
  new ApiError(
    'FunctionAlreadyExists',
    409,
    `function '${functionName}' already exists in service '${serviceName}'`,
  )

export const functionNotEmpty = (functionName: string) =>
  new ApiError('FunctionNotEmpty', 409, `function '${functionName}' has active triggers`)

export const versionNotFound = (serviceName: string, versionId: string) =>
  new ApiError('VersionNotFound', 404, `version '${versionId}' of service '${serviceName}' does not exist`)

export const versionPublishError = (serviceName: string, detail: string) =>
  new ApiError(
    'VersionPublishError',
    409,
    `can not publish version for service '${serviceName}', detail: '${detail}'`,
  )

export const aliasNotFound = (serviceName: string, aliasName: string) =>
  new ApiError('AliasNotFound', 404, `alias '${aliasName}' of service '${serviceName}' does not exist`)

export const aliasAlreadyExists = (serviceName: string, aliasName: string) =>
  new ApiError('AliasAlreadyExists', 409, `alias '${aliasName}' of service '${serviceName}' already exists`)

/** In the vendor's list. */
export const statefulAsyncInvocationAlreadyExists = (invocationId: string) =>
  new ApiError(
    'StatefulAsyncInvocationAlreadyExists',
    409,
    `the stateful async invocation '${invocationId}' already exists`,
  )

/** The code is what clients of the vendor look for. */
export const statefulAsyncInvocationNotFound = (functionName: string, invocationId: string) =>
  new ApiError(
    'StatefulAsyncInvocationNotFound',
    404,
    `the stateful async invocation '${invocationId}' of function '${functionName}' does not exist`,
  )

export const limitExceeded = (message: string) => new ApiError('LimitExceededError', 400, message)
