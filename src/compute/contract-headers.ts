import { jaegerSpanContext } from '../lib/trace-context.ts'
import type { FunctionRevision, HttpRequestHead } from '../ports/invocation.ts'
import type { HookCall } from './live-instance.ts'

export type ControlPath = '/http-invoke' | '/invoke' | '/initialize' | '/pre-stop'

/** The `X-Fc-*` headers that a custom runtime is given with every request (function-compute.md 3.6), alternating. */
export function contractHeaders(
  revision: FunctionRevision,
  { requestId, qualifier, credentials, trace }: HookCall,
  controlPath: ControlPath,
  { retryCount = 0, request }: { retryCount?: number; request?: HttpRequestHead } = {},
): string[] {
  const headers = [
    'X-Fc-Request-Id',
    requestId,
    'X-Fc-Access-Key-Id',
    credentials?.accessKeyId ?? '',
    'X-Fc-Access-Key-Secret',
    credentials?.accessKeySecret ?? '',
    'X-Fc-Security-Token',
    credentials?.securityToken ?? '',
    'X-Fc-Account-Id',
    revision.accountId,
    'X-Fc-Region',
    revision.region,
    'X-Fc-Control-Path',
    controlPath,
    'X-Fc-Function-Name',
    revision.service?.functionName ?? revision.functionName,
    'X-Fc-Function-Handler',
    revision.handler,
    'X-Fc-Function-Memory',
    String(revision.memoryMb),
    'X-Fc-Function-Timeout',
    String(revision.timeoutMs / 1000),
    'X-Fc-Qualifier',
    qualifier,
    'X-Fc-Version-Id',
    revision.versionId,
    'X-Fc-Retry-Count',
    String(retryCount),
    'X-Fc-Service-Name',
    revision.service?.name ?? '',
    'X-Fc-Service-Logproject',
    revision.logProject,
    'X-Fc-Service-Logstore',
    revision.logStore,
  ]
  if (trace) {
    headers.push('X-Fc-Tracing-Opentracing-Span-Context', jaegerSpanContext(trace))
    headers.push('traceparent', trace.traceparent)
    if (trace.tracestate !== undefined) headers.push('tracestate', trace.tracestate)
  }
  if (request)
    headers.push('X-Fc-Client-Ip', request.clientIp, 'X-Fc-Base-Path', `${request.basePath ?? ''}/`)
  if (controlPath === '/initialize' && revision.initializer) {
    headers.push(
      'X-Fc-Function-Initializer',
      revision.initializer.handler,
      'X-Fc-Initialization-Timeout',
      String(revision.initializer.timeoutMs / 1000),
    )
  }
  if (controlPath === '/pre-stop' && revision.preStop) {
    headers.push('X-Fc-Instance-Lifecycle-Pre-Stop-Handler', revision.preStop.handler)
  }
  return headers
}
