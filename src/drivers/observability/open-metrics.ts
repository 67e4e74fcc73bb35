import {
  type MetricObjectWithValues,
  type MetricValueWithName,
  type OpenMetricsContentType,
  Registry,
} from 'prom-client'
import { durationBounds } from './histogram.ts'
import type { HistogramSample, MetricFamily } from './metric-families.ts'

export const openMetricsType = Registry.OPENMETRICS_CONTENT_TYPE

/** The families in the text format of OpenMetrics 1.0. */
export async function openMetricsText(families: readonly MetricFamily[]): Promise<string> {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(openMetricsType)
  for (const family of families) {
    const { name, help, type } = family
    const values =
      family.type === 'histogram'
        ? family.read().flatMap((sample) => histogramValues(name, sample))
        : family.read().map(({ labels, value }) => ({ labels, value }))
    // The library's own counters and histograms count for themselves; here it only writes what is counted elsewhere.
    const written = { name, help, type, values, aggregator: 'sum' }
    const metric = { name, type, get: async () => written as unknown as Written }
    registry.registerMetric(metric as unknown as Parameters<typeof registry.registerMetric>[0])
  }
  return registry.metrics()
}

type Written = MetricObjectWithValues<MetricValueWithName<string>>

function histogramValues(name: string, { labels, histogram: { buckets, sum, count } }: HistogramSample) {
  let upTo = 0
  const bucketValues = [...durationBounds, '+Inf'].map((le, index) => {
    upTo += buckets[index]!
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(le) }, value: upTo }
  })
  return [
    ...bucketValues,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
