import { type HrTime, ValueType } from '@opentelemetry/api'
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import { durationBounds } from './histogram.ts'
import type { MetricFamily } from './metric-families.ts'

/** The units of OpenMetrics in the words of OTLP. */
const units = { seconds: 's', bytes: 'By', '': '1' } as const

/** The same families as in OpenMetrics, by the same names, since the begin of the platform. */
export function otlpMetrics(
  families: readonly MetricFamily[],
  { startedMs, nowMs }: { startedMs: number; nowMs: number },
): MetricData[] {
  const times = { startTime: hrTime(startedMs), endTime: hrTime(nowMs) }
  return families.map((family) => {
    const { name, help, unit, type } = family
    const shared = {
      descriptor: { name, description: help, unit: units[unit], valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    }
    if (type === 'histogram') {
      const dataPoints = family.read().map(({ labels, histogram: { buckets, sum, count } }) => ({
        ...times,
        attributes: labels,
        value: { buckets: { boundaries: [...durationBounds], counts: [...buckets] }, sum, count },
      }))
      return { ...shared, dataPointType: DataPointType.HISTOGRAM, dataPoints }
    }
    const dataPoints = family.read().map(({ labels, value }) => ({ ...times, attributes: labels, value }))
    return type === 'counter'
      ? { ...shared, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
      : { ...shared, dataPointType: DataPointType.GAUGE, dataPoints }
  })
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]
