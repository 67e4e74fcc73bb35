/**
 * What Table Store refuses. Users search the texts, because the SDK for Node.js hands them over undecoded: those that the
 * vendor's tests assert are as there, the others as its help page "error codes" has them.
 */
import { ApiError } from '../../wire/api-error.ts'

export const parameterInvalid = (message: string) => new ApiError('OTSParameterInvalid', 400, message)

export const invalidPrimaryKey = (message: string) => new ApiError('OTSInvalidPK', 400, message)

export const authFailed = (message: string) => new ApiError('OTSAuthFailed', 403, message)

export const noPermission = () =>
  new ApiError(
    'OTSNoPermissionAccess',
    403,
    'You have no permission to access the requested resource, please contact the resource owner.',
  )

/** Known to the vendor, not built here. Never accepted silently. */
export const notImplemented = (what: string) =>
  new ApiError('NotImplemented', 501, `${what} is not implemented.`)

export const unsupportedOperation = (operation: string) =>
  parameterInvalid(`Unsupported operation: '${operation.slice(0, 100)}'.`)

export const methodNotAllowed = () =>
  new ApiError('OTSMethodNotAllowed', 405, 'Only POST method for requests is supported.')

export const requestBodyTooLarge = () =>
  new ApiError('OTSRequestBodyTooLarge', 413, 'The size of POST data is too large.')

export const requestTimeout = () => new ApiError('OTSRequestTimeout', 408, 'Request timeout.')

export const serverBusy = () => new ApiError('OTSServerBusy', 503, 'Server is busy.')

export const conditionCheckFail = () => new ApiError('OTSConditionCheckFail', 403, 'Condition check failed.')

export const tableNotExist = () => new ApiError('OTSObjectNotExist', 404, 'Requested table does not exist.')

export const tableAlreadyExist = () =>
  new ApiError('OTSObjectAlreadyExist', 409, 'Requested table already exists.')

export const indexNotExist = () => new ApiError('OTSObjectNotExist', 404, 'Requested index does not exist.')

export const streamNotExist = () => new ApiError('OTSObjectNotExist', 404, 'Requested stream does not exist.')

/** Operations of search indexes name what is not there. */
export const searchTableNotExist = (name: string) =>
  new ApiError('OTSObjectNotExist', 404, `table [${name}] does not exist`)

export const searchIndexNotExist = (name: string) =>
  new ApiError('OTSObjectNotExist', 404, `search index [${name}] does not exist`)

export const searchIndexAlreadyExist = (name: string) =>
  new ApiError('OTSObjectAlreadyExist', 409, `search index [${name}] already exists`)

export const operationTimeout = () => new ApiError('OTSTimeout', 503, 'Operation timeout.')

/** The table was changed by another request at the same time; clients try again. */
export const tableNotReady = () => new ApiError('OTSTableNotReady', 404, 'The table is not ready.')

export const quotaExhausted = (message: string) => new ApiError('OTSQuotaExhausted', 403, message)

export const outOfRowSizeLimit = () =>
  new ApiError('OTSOutOfRowSizeLimit', 400, 'The total data size of columns in one row exceeded the limit.')

export const rowOperationConflict = () =>
  new ApiError('OTSRowOperationConflict', 409, 'Data is being modified by the other request.')

export const sessionNotExist = () =>
  new ApiError('OTSSessionNotExist', 404, 'Session not exist or may be timeout.')

/** Tunnels have codes of their own, after the vendor's page on their troubleshooting; it has no texts. */
export const tunnelNotExist = () => parameterInvalid('Requested tunnel does not exist.')

export const tunnelExist = (name: string) =>
  new ApiError('OTSTunnelExist', 409, `The tunnel '${name}' already exists.`)

/** The stream has lost, or never had, what the tunnel would have to read next. */
export const tunnelExpired = () => new ApiError('OTSTunnelExpired', 400, 'The tunnel is expired.')

/** Clients connect again. */
export const resourceGone = (message: string) => new ApiError('OTSResourceGone', 410, message)

/** Clients ask for the checkpoint again. */
export const sequenceNumberNotMatch = () =>
  new ApiError('OTSSequenceNumberNotMatch', 400, 'The sequence number of the checkpoint does not match.')

export const permissionDenied = () =>
  new ApiError(
    'OTSPermissionDenied',
    403,
    'You have no permission to access the requested resource, please contact the resource owner.',
  )

/** Of what clients of tunnels try again, this is the only one. */
export const tunnelServerUnavailable = () =>
  new ApiError('OTSTunnelServerUnavailable', 503, 'The tunnel service is unavailable.')
