/** Every metric that the platform has: its name, what it means, and where its values are. docs/metrics.md says more. */
import type { Counts } from './function-counts.ts'
import type { HistogramCounts } from './histogram.ts'

export interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
}

export interface HistogramSample {
  labels: Readonly<Record<string, string>>
  histogram: HistogramCounts
}

/** Names as OpenMetrics has them: with the unit, and without the `_total` of counters, which is a part of their samples. */
export type MetricFamily = { name: string; help: string; unit: '' | 'seconds' | 'bytes' } & (
  | { type: 'counter' | 'gauge'; read(): readonly Sample[] }
  | { type: 'histogram'; read(): readonly HistogramSample[] }
)

/** What is not counted but looked at when somebody asks. */
export interface PlatformNow {
  instances: readonly { functionName: string; state: string }[]
  pools: readonly { image: string; ready: number; booting: number }[]
  backlog: readonly { functionName: string; waiting: number; oldestSeconds?: number }[]
  version: string
  startedMs: number
  spansDropped: number
  /** The last round of the scrubber; absent before it. */
  scrubbed?: { endedMs?: number; damaged: number; written: number; short: number; lost: number }
}

export interface MetricSources {
  counts: Counts
  now(): Promise<PlatformNow>
}

/** The values of this moment; of each family, `read` may be called once or several times. */
export async function metricFamilies({ counts, now }: MetricSources): Promise<MetricFamily[]> {
  const functions = counts.functions()
  const platform = await now()
  const summed = (samples: readonly Sample[]) => addUp(samples)
  const label = (functionName: string) => counts.labelOf(functionName)
  const { rss } = { rss: process.memoryUsage.rss() }
  const cpu = process.cpuUsage()
  return [
    {
      name: 'hanshu_invocations',
      help: 'Calls of functions that have ended, by how they ended.',
      unit: '',
      type: 'counter',
      read: () =>
        functions.flatMap(({ functionName, outcomes }) =>
          [...outcomes].map(([outcome, value]) => ({ labels: { function: functionName, outcome }, value })),
        ),
    },
    {
      name: 'hanshu_function_errors',
      help: 'Calls that failed in the code of the function, by the type that callers are told and by the cause.',
      unit: '',
      type: 'counter',
      read: () =>
        functions.flatMap(({ functionName, errors }) =>
          [...errors].map(([error, value]) => {
            const [kind, cause] = error.split('/') as [keyof typeof errorTypes, string]
            return { labels: { function: functionName, type: errorTypes[kind], cause }, value }
          }),
        ),
    },
    {
      name: 'hanshu_invocation_duration_seconds',
      help: 'How long instances were at work for calls, failed ones included.',
      unit: 'seconds',
      type: 'histogram',
      read: () =>
        functions
          .filter(({ duration }) => duration.count > 0)
          .map(({ functionName, duration }) => ({
            labels: { function: functionName },
            histogram: duration,
          })),
    },
    {
      name: 'hanshu_instance_starts',
      help: 'Starts of instances, whether a call waited for them or not.',
      unit: '',
      type: 'counter',
      read: () =>
        functions.flatMap(({ functionName, starts }) =>
          [...starts].map(([outcome, value]) => ({ labels: { function: functionName, outcome }, value })),
        ),
    },
    {
      name: 'hanshu_cold_start_phase_duration_seconds',
      help: 'How long the phases of starts took that succeeded, and the first calls of those that waited for them.',
      unit: 'seconds',
      type: 'histogram',
      read: () => [...counts.phases()].map(([phase, histogram]) => ({ labels: { phase }, histogram })),
    },
    {
      name: 'hanshu_instances',
      help: 'Instances that functions have now, by state.',
      unit: '',
      type: 'gauge',
      read: () =>
        summed(
          platform.instances.map(({ functionName, state }) => ({
            labels: { function: label(functionName), state },
            value: 1,
          })),
        ),
    },
    {
      name: 'hanshu_warm_pool_instances',
      help: 'Instances that belong to no function yet.',
      unit: '',
      type: 'gauge',
      read: () =>
        // Those that are booted for one function only have keys of their own, which are never used again.
        summed(
          platform.pools.flatMap(({ image, ready, booting }) => {
            const shared = image.replace(/ \(.*/, '')
            return [
              { labels: { image: shared, state: 'ready' }, value: ready },
              { labels: { image: shared, state: 'booting' }, value: booting },
            ]
          }),
        ),
    },
    {
      name: 'hanshu_async_queue_depth',
      help: 'Asynchronous invocations that are accepted and not finished.',
      unit: '',
      type: 'gauge',
      read: () =>
        summed(
          platform.backlog.map(({ functionName, waiting }) => ({
            labels: { function: label(functionName) },
            value: waiting,
          })),
        ),
    },
    {
      name: 'hanshu_async_queue_oldest_age_seconds',
      help: 'Since the oldest of them was accepted.',
      unit: 'seconds',
      type: 'gauge',
      read: () =>
        addUp(
          platform.backlog.map(({ functionName, oldestSeconds = 0 }) => ({
            labels: { function: label(functionName) },
            value: oldestSeconds,
          })),
          Math.max,
        ),
    },
    {
      name: 'hanshu_spans_dropped',
      help: 'Spans that no collector has taken.',
      unit: '',
      type: 'counter',
      read: () => [{ labels: {}, value: platform.spansDropped }],
    },
    {
      name: 'hanshu_scrub_found',
      help: 'What the last round of the scrubber found: copies of objects that were damaged, or were written again; objects that have too few copies, or are lost.',
      unit: '',
      type: 'gauge',
      read: () => {
        if (!platform.scrubbed) return []
        const { damaged, written, short, lost } = platform.scrubbed
        return Object.entries({ damaged, written, short, lost }).map(([what, value]) => ({
          labels: { what },
          value,
        }))
      },
    },
    {
      name: 'hanshu_scrub_end_time_seconds',
      help: 'When it ended, in seconds since the epoch.',
      unit: 'seconds',
      type: 'gauge',
      read: () => {
        const { endedMs } = platform.scrubbed ?? {}
        return endedMs === undefined ? [] : [{ labels: {}, value: endedMs / 1000 }]
      },
    },
    {
      name: 'hanshu_build_info',
      help: 'Always 1; the version is in the label.',
      unit: '',
      type: 'gauge',
      read: () => [{ labels: { version: platform.version }, value: 1 }],
    },
    {
      name: 'process_start_time_seconds',
      help: 'When the platform started, in seconds since the epoch.',
      unit: 'seconds',
      type: 'gauge',
      read: () => [{ labels: {}, value: platform.startedMs / 1000 }],
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Memory of the process of the platform, without instances.',
      unit: 'bytes',
      type: 'gauge',
      read: () => [{ labels: {}, value: rss }],
    },
    {
      name: 'process_cpu_seconds',
      help: 'Processor time of the process of the platform, without instances.',
      unit: 'seconds',
      type: 'counter',
      read: () => [{ labels: {}, value: (cpu.user + cpu.system) / 1e6 }],
    },
  ]
}

/** As callers are told. */
const errorTypes = {
  handledError: 'HandledInvocationError',
  unhandledError: 'UnhandledInvocationError',
  initializationError: 'InitializationError',
} as const

/** One sample for each set of labels. */
function addUp(samples: readonly Sample[], join = (a: number, b: number): number => a + b): Sample[] {
  const byLabels = new Map<string, Sample>()
  for (const { labels, value } of samples) {
    const key = JSON.stringify(labels)
    const before = byLabels.get(key)
    byLabels.set(key, { labels, value: before ? join(before.value, value) : value })
  }
  return [...byLabels.values()]
}
