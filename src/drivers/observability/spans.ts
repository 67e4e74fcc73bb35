/** Makes a span of each call, with its start of an instance and its time on one below it. */
import {
  type Attributes,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace as traceApi,
} from '@opentelemetry/api'
import type { Clock } from '../../lib/clock.ts'
import { idsOf, type TraceContext } from '../../lib/trace-context.ts'
import type { FunctionRevision } from '../../ports/invocation.ts'
import type { Observer } from '../../ports/observer.ts'

export interface Spans extends Observer {
  /** A call begins, in the trace of its caller or in one of its own; what it answers goes with the call. */
  begin(call: TracedCall): TraceContext
}

export interface TracedCall {
  revision: FunctionRevision
  requestId: string
  qualifier: string
  retryCount?: number
  trace?: TraceContext
}

interface Live {
  span: Span
  /** Both of the begin: spans end by the clock that does not jump. */
  wallMs: number
  monotonicMs: number
}

export function spans({ tracer, clock }: { tracer: Tracer; clock: Clock }): Spans {
  /** Whoever forgets a call forgets its span. */
  const live = new WeakMap<TraceContext, Live>()

  const nowMs = ({ wallMs, monotonicMs }: Live): number => wallMs + clock.monotonicMs() - monotonicMs

  function child(
    parent: Span,
    name: string,
    startMs: number,
    endMs: number,
    { attributes = {}, failed = false }: { attributes?: Attributes; failed?: boolean } = {},
  ): Span {
    const within = traceApi.setSpan(ROOT_CONTEXT, parent)
    const span = tracer.startSpan(name, { startTime: hrTime(startMs), attributes }, within)
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(hrTime(endMs))
    return span
  }

  return {
    begin({ revision, requestId, qualifier, retryCount = 0, trace }) {
      const wallMs = clock.now()
      const parent = trace && idsOf(trace.traceparent)
      const context = parent
        ? traceApi.setSpanContext(ROOT_CONTEXT, {
            traceId: parent.traceId,
            spanId: parent.spanId,
            traceFlags: parent.flags & 1,
            isRemote: true,
          })
        : ROOT_CONTEXT
      const span = tracer.startSpan(
        revision.functionName,
        {
          kind: SpanKind.SERVER,
          startTime: hrTime(wallMs),
          attributes: {
            'faas.name': revision.functionName,
            'faas.version': revision.versionId,
            'faas.invocation_id': requestId,
            'cloud.resource_id': revision.functionArn,
            'hanshu.qualifier': qualifier,
            ...(retryCount > 0 ? { 'hanshu.retry_count': retryCount } : {}),
          },
        },
        context,
      )
      const { traceId, spanId, traceFlags } = span.spanContext()
      const own: TraceContext = {
        traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
        ...(trace?.tracestate === undefined ? {} : { tracestate: trace.tracestate }),
      }
      live.set(own, { span, wallMs, monotonicMs: clock.monotonicMs() })
      return own
    },

    ended({ trace, outcome, because, durationMs, instanceId, coldStart }) {
      const begun = trace && live.get(trace)
      if (!begun) return
      live.delete(trace)
      const endMs = nowMs(begun)
      const failed = outcome !== 'succeeded' && outcome !== 'cancelled'
      const { span } = begun
      if (durationMs !== undefined) child(span, 'execute', endMs - durationMs, endMs, { failed })
      span.setAttributes({
        'faas.coldstart': coldStart,
        'hanshu.outcome': outcome,
        ...(instanceId === undefined ? {} : { 'faas.instance': instanceId }),
        ...(failed ? { 'error.type': because === undefined ? outcome : `${outcome}/${because}` } : {}),
      })
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end(hrTime(endMs))
    },

    startEnded({ trace, outcome, durationMs, phases, instanceId }) {
      const begun = trace && live.get(trace)
      if (!begun) return
      const endMs = nowMs(begun)
      const failed = outcome === 'failed'
      const attributes = { 'faas.instance': instanceId, 'hanshu.outcome': outcome }
      const start = child(begun.span, 'start', endMs - durationMs, endMs, { attributes, failed })
      let fromMs = endMs - durationMs
      phases.forEach(({ phase, durationMs: tookMs }, index) => {
        const isLast = index === phases.length - 1
        child(start, `start ${phase}`, fromMs, fromMs + tookMs, { failed: failed && isLast })
        fromMs += tookMs
      })
    },
  }
}

/** Seconds and nanoseconds: of a plain number the library guesses which clock it is of. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))]
}
