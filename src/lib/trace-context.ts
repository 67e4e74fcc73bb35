/** W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context/): who a call was made for, in another system's trace. */

export interface TraceContext {
  /** `00-{trace id, 32 hex}-{span id, 16 hex}-{flags, 2 hex}` */
  readonly traceparent: string
  /** What the vendors of tracing systems on the way had to say, as received. */
  readonly tracestate?: string
}

const versionZero = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
/** A later version may have more at the end, which is not ours to pass on. */
const laterVersion = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})(?:-.*)?$/
const onlyZeros = /^0+$/
/** "Vendors SHOULD propagate at least 512 characters": longer ones are dropped as a whole. */
const tracestateCharactersMax = 512
const printable = /^[\x20-\x7e]+$/

/** Of the headers of a request; undefined when there is none or it is not valid, which is the same by the specification. */
export function traceContextOf(
  traceparent: string | undefined,
  tracestate: string | readonly string[] | undefined,
): TraceContext | undefined {
  if (traceparent === undefined) return undefined
  const text = traceparent.trim()
  const later = laterVersion.exec(text)
  const known = later ? `00-${later[1]}` : text
  const ids = idsOf(known)
  if (!ids || onlyZeros.test(ids.traceId) || onlyZeros.test(ids.spanId)) return undefined
  const state = (typeof tracestate === 'object' ? tracestate.join(',') : tracestate)?.trim()
  const isKept = state !== undefined && state.length <= tracestateCharactersMax && printable.test(state)
  return { traceparent: known, ...(isKept ? { tracestate: state } : {}) }
}

/** For an object that is put together: `{ ...tracedBy(headers) }`. */
export function tracedBy({
  traceparent,
  tracestate,
}: Readonly<Record<string, string | string[] | undefined>>): { trace?: TraceContext } {
  if (typeof traceparent !== 'string') return {}
  const trace = traceContextOf(traceparent, tracestate)
  return trace ? { trace } : {}
}

export function idsOf(traceparent: string): { traceId: string; spanId: string; flags: number } | undefined {
  const parts = versionZero.exec(traceparent)
  return parts ? { traceId: parts[1]!, spanId: parts[2]!, flags: Number.parseInt(parts[3]!, 16) } : undefined
}

/** As Jaeger writes it, which is what the vendor's runtimes are given: trace, span, no parent, flags. */
export function jaegerSpanContext({ traceparent }: TraceContext): string {
  const ids = idsOf(traceparent)
  return ids ? `${ids.traceId}:${ids.spanId}:0:${ids.flags & 1}` : ''
}
