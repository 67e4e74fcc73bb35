import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'

/** Ended and not taken by the collector: some megabytes. What comes on top is dropped. */
export const spansMax = 8192
const batchSpansMax = 512
const batchEveryMs = 1000

export interface SpanQueue {
  processor: SpanProcessor
  /** For want of room, or because the collector did not take them. */
  dropped(): number
}

/** Sends spans in batches, and counts what is lost. `failed` is told how each batch went. */
export function spanQueue(
  exporter: SpanExporter,
  told: (failed: Error | undefined) => void,
  roomFor: number = spansMax,
): SpanQueue {
  let held = 0
  let dropped = 0
  const counting: SpanExporter = {
    export(spans, done) {
      exporter.export(spans, (result) => {
        held -= spans.length
        const failed = result.code !== 0
        if (failed) dropped += spans.length
        told(failed ? (result.error ?? new Error('the collector refused them')) : undefined)
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
  const batches = new BatchSpanProcessor({
    exporter: counting,
    maxQueueSize: roomFor,
    maxExportBatchSize: Math.min(batchSpansMax, roomFor),
    scheduledDelayMillis: batchEveryMs,
  })
  return {
    dropped: () => dropped,
    processor: {
      onStart: (span, context) => batches.onStart(span, context),
      onEnd(span) {
        if ((span.spanContext().traceFlags & 1) === 0) return
        if (held >= roomFor) dropped++
        else {
          held++
          batches.onEnd(span)
        }
      },
      forceFlush: () => batches.forceFlush(),
      shutdown: () => batches.shutdown(),
    },
  }
}
