/** What an invocation ended with → status, headers and body of the HTTP answer. */
import type { FunctionFailure, FunctionRevision, InvocationReport, Refusal } from '../../ports/invocation.ts'
import { ApiError } from '../../wire/api-error.ts'
import { clientClosedRequest, invocationStopped, resourceExhausted, serviceUnavailable } from './errors.ts'

export interface Answer {
  status: number
  /** Default: the usual one. */
  statusMessage?: string
  /** Alternating names and values. */
  headers: string[]
  body: string | Uint8Array
}

/** The vendor's list, as captured. */
const exposedHeaders =
  'Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,x-fc-max-memory-usage,x-fc-log-result,x-fc-invocation-code-version'

/** Headers of every answer. */
export const commonHeaders = (requestId: string, alsoExposed: readonly string[] | undefined): string[] => [
  'X-Fc-Request-Id',
  requestId,
  'Access-Control-Expose-Headers',
  alsoExposed === undefined || alsoExposed.length === 0
    ? exposedHeaders
    : `${exposedHeaders},${alsoExposed.join(',')}`,
]

/** What is known once an instance has been chosen. */
export function addRevisionHeaders(headers: string[], revision: FunctionRevision, instanceId: string): void {
  headers.push(
    'X-Fc-Code-Checksum',
    revision.code.crc64,
    'X-Fc-Instance-Id',
    instanceId,
    'X-Fc-Invocation-Service-Version',
    revision.versionId,
  )
}

/** What is known when the invocation has ended. */
export function addReportHeaders(headers: string[], report: InvocationReport): void {
  headers.push(
    'X-Fc-Invocation-Duration',
    String(Math.floor(report.durationMs)),
    'X-Fc-Max-Memory-Usage',
    report.maxMemoryMb.toFixed(2),
  )
  if (report.logTail) headers.push('X-Fc-Log-Result', Buffer.from(report.logTail).toString('base64'))
}

const errorTypes = {
  handledError: 'HandledInvocationError',
  unhandledError: 'UnhandledInvocationError',
  initializationError: 'InitializationError',
} as const

/** The runtime's error document, as it is. */
export function failureAnswer(
  failure: FunctionFailure,
  revision: FunctionRevision,
  headers: string[],
): Answer {
  addRevisionHeaders(headers, revision, failure.report.instanceId)
  addReportHeaders(headers, failure.report)
  headers.push('X-Fc-Error-Type', errorTypes[failure.outcome], 'Content-Type', 'application/json')
  return { status: 502, headers, body: failure.body }
}

export function refusalError(refusal: Refusal, { functionName }: FunctionRevision): ApiError {
  switch (refusal.outcome) {
    case 'throttled':
      return resourceExhausted(refusal.message)
    case 'cancelled':
      return refusal.stopped ? invocationStopped(functionName) : clientClosedRequest()
    case 'notStarted':
      return new ApiError(refusal.code, 412, refusal.message)
    case 'platformError':
      return serviceUnavailable(refusal.message)
  }
}

/** `old`: with the names that API 2016-08-15 has for code and message. */
export function errorAnswer(
  { code, status, message, headers }: ApiError,
  requestId: string,
  old: boolean,
): Answer {
  return {
    status,
    headers: [
      ...commonHeaders(requestId, undefined),
      ...Object.entries(headers).flat(),
      'Content-Type',
      'application/json',
    ],
    body: JSON.stringify(
      old
        ? { ErrorCode: code, ErrorMessage: message }
        : { RequestId: requestId, Code: code, Message: message },
    ),
  }
}
