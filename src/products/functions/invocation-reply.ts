import type {
  FunctionFailure,
  FunctionRevision,
  InvocationOutcome,
  InvocationReport,
} from '../../ports/invocation.ts'
import {
  clientClosedRequest,
  internalServerError,
  invocationStopped,
  notStarted,
  resourceExhausted,
} from './errors.ts'
import type { Reply } from './vocabulary.ts'

const EXPOSED_HEADERS = [
  'Date',
  'x-fc-request-id',
  'x-fc-error-type',
  'x-fc-code-checksum',
  'x-fc-invocation-duration',
  'x-fc-max-memory-usage',
  'x-fc-log-result',
  'x-fc-invocation-code-version',
].join(',')

const ERROR_TYPES: Record<FunctionFailure['outcome'], string> = {
  handledError: 'HandledInvocationError',
  unhandledError: 'UnhandledInvocationError',
  initializationError: 'InitializationError',
}

/**
 * What InvokeFunction answers. A function that failed is still a call that went well: 200, and `X-Fc-Error-Type` says it.
 * What kept the function from being called is an error of the API. Throws `ApiError` for those.
 */
export function invocationReply(outcome: InvocationOutcome, revision: FunctionRevision): Reply {
  switch (outcome.outcome) {
    case 'succeeded':
      return { status: 200, headers: invocationHeaders(outcome.report, revision), body: outcome.body }
    case 'handledError':
    case 'unhandledError':
    case 'initializationError':
      return {
        status: 200,
        headers: {
          ...invocationHeaders(outcome.report, revision),
          'X-Fc-Error-Type': ERROR_TYPES[outcome.outcome],
        },
        body: outcome.body,
      }
    case 'throttled':
      throw resourceExhausted(outcome.message)
    case 'cancelled':
      throw outcome.stopped ? invocationStopped(revision.functionName) : clientClosedRequest()
    case 'notStarted':
      throw notStarted(outcome.code, outcome.message)
    case 'platformError':
      throw internalServerError(outcome.message)
  }
}

function invocationHeaders(
  report: InvocationReport,
  { code, versionId }: FunctionRevision,
): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    'Access-Control-Expose-Headers': EXPOSED_HEADERS,
    'X-Fc-Code-Checksum': code.crc64,
    'X-Fc-Instance-Id': report.instanceId,
    'X-Fc-Invocation-Duration': String(Math.max(0, Math.round(report.durationMs))),
    'X-Fc-Invocation-Service-Version': versionId,
    'X-Fc-Invocation-Code-Version': versionId,
    'X-Fc-Max-Memory-Usage': report.maxMemoryMb.toFixed(2),
    ...(report.logTail ? { 'X-Fc-Log-Result': Buffer.from(report.logTail).toString('base64') } : {}),
  }
}
