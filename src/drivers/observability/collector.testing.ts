/** An OpenTelemetry collector, as small as a test needs it: takes OTLP as JSON over HTTP and keeps what it got. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface CollectedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  status: { code?: number }
}

export interface CollectedMetric {
  name: string
  unit: string
  sum?: { isMonotonic: boolean; aggregationTemporality: number; dataPoints: CollectedPoint[] }
  gauge?: { dataPoints: CollectedPoint[] }
  histogram?: { dataPoints: (CollectedPoint & { count: number; sum: number; bucketCounts: number[] })[] }
}

interface CollectedPoint {
  attributes: CollectedSpan['attributes']
  asDouble?: number
}

export interface Collector {
  endpoint: string
  spans: CollectedSpan[]
  /** The newest of each name. */
  metrics: Map<string, CollectedMetric>
  /** What it answers from now on. */
  status: number
  close(): Promise<void>
}

export async function startCollector(): Promise<Collector> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => {
      response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}')
      if (collector.status !== 200) return
      const body = Buffer.concat(chunks)
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      const document = JSON.parse(text.toString())
      if (request.url === '/v1/traces') {
        for (const { scopeSpans } of document.resourceSpans)
          for (const { spans } of scopeSpans) collector.spans.push(...spans)
      } else if (request.url === '/v1/metrics') {
        for (const { scopeMetrics } of document.resourceMetrics)
          for (const { metrics } of scopeMetrics)
            for (const metric of metrics) collector.metrics.set(metric.name, metric)
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const collector: Collector = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    metrics: new Map(),
    status: 200,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return collector
}

/** The attributes of a span or a point as an object. */
export const attributesOf = ({
  attributes,
}: {
  attributes: CollectedSpan['attributes']
}): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
