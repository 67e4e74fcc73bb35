/** Sends spans and metrics to an OpenTelemetry collector, by OTLP over HTTP. Loaded only where one is set. */
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { MetricFamily } from './metric-families.ts'
import { otlpMetrics } from './otlp-metrics.ts'
import { spanQueue } from './span-queue.ts'
import { type Spans, spans } from './spans.ts'

export interface OtlpSettings {
  /** `http://127.0.0.1:4318`; `/v1/traces` and `/v1/metrics` are added. */
  endpoint: string
  /** Of calls that come without a trace; in a caller's trace, the caller has decided. */
  sampleRatio: number
  resource: Readonly<Record<string, string>>
  startedMs: number
}

export interface Otlp {
  spans: Spans
  spansDropped(): number
  /** Sends what it has: now, and not at the next of its times. A collector that does not answer is not waited for long. */
  flush(): Promise<void>
  close(): Promise<void>
}

const scope = { name: 'hanshu' }
const metricsEveryMs = 30_000
/** One attempt with its repetitions. */
const exportTimeoutMs = 10_000
/** A collector that is gone does not hold up the end of the platform. */
const closeTimeoutMs = 2000

export function otlpExport(
  { clock, log, families }: { clock: Clock; log: Logger; families(): Promise<MetricFamily[]> },
  { endpoint, sampleRatio, resource: attributes, startedMs }: OtlpSettings,
): Otlp {
  const urlOf = (signal: string) => `${endpoint.replace(/\/+$/, '')}/v1/${signal}`
  const resource = resourceFromAttributes(attributes)
  const told = { spans: outage(log, 'spans'), metrics: outage(log, 'metrics') }
  const queue = spanQueue(
    new OTLPTraceExporter({ url: urlOf('traces'), timeoutMillis: exportTimeoutMs }),
    told.spans,
  )
  const provider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [queue.processor],
  })
  const metricExporter = new OTLPMetricExporter({
    url: urlOf('metrics'),
    timeoutMillis: exportTimeoutMs,
  })

  /** One at a time, since the next is set when one has ended. Never rejects: what was not sent is in the next. */
  async function sendMetrics(): Promise<void> {
    try {
      const metrics = otlpMetrics(await families(), { startedMs, nowMs: clock.now() })
      const scopeMetrics = [{ scope, metrics }]
      const result = await new Promise<{ code: number; error?: Error }>((resolve) =>
        metricExporter.export({ resource, scopeMetrics }, resolve),
      )
      told.metrics(result.code === 0 ? undefined : (result.error ?? new Error('the collector refused them')))
    } catch (error) {
      log.error({ err: error }, 'metrics could not be put together')
    }
  }

  let cancel = clock.after(metricsEveryMs, again)
  let closed = false
  function again(): void {
    void sendMetrics().then(() => {
      if (!closed) cancel = clock.after(metricsEveryMs, again)
    })
  }

  async function flush(): Promise<void> {
    const patience = Promise.withResolvers<void>()
    const stop = clock.after(closeTimeoutMs, patience.resolve)
    // Each failure was told of.
    const sent = Promise.all([provider.forceFlush().catch(() => {}), sendMetrics()])
    await Promise.race([sent, patience.promise])
    stop()
  }

  return {
    spans: spans({ tracer: provider.getTracer(scope.name), clock }),
    spansDropped: queue.dropped,
    flush,
    async close() {
      closed = true
      cancel()
      await flush()
      // Its last batch is on its way, or lost: what waits for it is not waited for.
      void provider.shutdown().catch(() => {})
      void metricExporter.shutdown().catch(() => {})
    },
  }
}

/** Logs when it begins to fail, and when it works again: not every time. */
function outage(log: Logger, what: string): (failed: Error | undefined) => void {
  let isOut = false
  return (failed) => {
    if (failed && !isOut) log.warn({ err: failed }, `a collector does not take ${what}: they are dropped`)
    if (!failed && isOut) log.info({}, `the collector takes ${what} again`)
    isOut = failed !== undefined
  }
}
