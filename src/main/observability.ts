import { createServer, type RequestListener } from 'node:http'
import type { AsyncInvocations } from '../compute/async-invocations.ts'
import type { Engine } from '../compute/engine.ts'
import { type Counts, functionCounts } from '../drivers/observability/function-counts.ts'
import { metricFamilies, type PlatformNow } from '../drivers/observability/metric-families.ts'
import type { Otlp } from '../drivers/observability/otlp.ts'
import type { Observer } from '../ports/observer.ts'
import { strictServerOptions } from '../wire/http-server.ts'
import type { Compute } from './compute.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'
import { version } from './version.ts'

export interface Observability extends Part {
  counts: Counts
  /** For the engine. */
  observer: Observer
  /** The engine, for those who call functions: with a span for each call, where a collector is set. */
  traced(engine: Engine): Engine
  /** What is looked at when metrics are asked for, once it is there. */
  watch(parts: { compute: Compute; asyncQueue: AsyncInvocations }): void
}

export async function openObservability(foundation: Foundation): Promise<Observability> {
  const { config, clock, log, closing, startedMs, upkeep } = foundation
  const { HANSHU_OTLP_ENDPOINT: endpoint, HANSHU_METRICS_PORT: port } = config
  const counts = functionCounts()
  let watched: { compute: Compute; asyncQueue: AsyncInvocations } | undefined
  let otlp: Otlp | undefined

  const now = async (): Promise<PlatformNow> => ({
    instances: watched?.compute.engine.instances() ?? [],
    pools: watched?.compute.warmPool.counts() ?? [],
    backlog: (await watched?.asyncQueue.backlog()) ?? [],
    version,
    startedMs,
    spansDropped: otlp?.spansDropped() ?? 0,
    ...lastRound(upkeep),
  })
  const families = () => metricFamilies({ counts, now })

  if (endpoint !== undefined) {
    const { otlpExport } = await import('../drivers/observability/otlp.ts')
    otlp = otlpExport({ clock, log, families }, { ...settingsOf(foundation), endpoint, startedMs })
    closing.push(() => otlp?.close())
  }
  return {
    counts,
    observer: otlp ? both(counts, otlp.spans) : counts,
    traced: (engine) => (otlp ? withSpans(engine, otlp) : engine),
    watch(parts) {
      watched = parts
    },
    ...(port === undefined
      ? {}
      : {
          listeners: [
            {
              name: 'metrics',
              port,
              // Nobody is asked for a key here: neither instances nor other machines reach it unless that is wanted.
              hosts: [config.HANSHU_METRICS_HOST],
              make: () => createServer(strictServerOptions, metricsHandler(families, log)),
            },
          ],
        }),
  }
}

function metricsHandler(
  families: () => ReturnType<typeof metricFamilies>,
  log: Foundation['log'],
): RequestListener {
  return (request, response) => {
    request.resume()
    const { method = 'GET', url = '' } = request
    if (url.split('?')[0] !== '/metrics') response.writeHead(404).end('metrics are at /metrics\n')
    else if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end()
    else {
      families()
        .then(async (all) => {
          const { openMetricsText, openMetricsType } = await import(
            '../drivers/observability/open-metrics.ts'
          )
          const text = await openMetricsText(all)
          response.writeHead(200, { 'content-type': openMetricsType }).end(text)
        })
        .catch((error: unknown) => {
          log.error({ err: error }, 'metrics could not be read')
          response.writeHead(500).end()
        })
    }
  }
}

function lastRound(upkeep: Foundation['upkeep']): Pick<PlatformNow, 'scrubbed'> {
  const { last } = upkeep?.scrubber.state() ?? {}
  return last ? { scrubbed: last } : {}
}

const settingsOf = ({ config, accountId, region }: Foundation) => ({
  sampleRatio: config.HANSHU_TRACE_SAMPLE_RATIO,
  resource: {
    'service.name': 'hanshu',
    'service.version': version,
    'cloud.account.id': accountId,
    'cloud.region': region,
  },
})

const both = (one: Observer, other: Observer): Observer => ({
  ended(call) {
    one.ended(call)
    other.ended(call)
  },
  startEnded(start) {
    one.startEnded(start)
    other.startEnded(start)
  },
})

const withSpans = (engine: Engine, { spans }: Otlp): Engine => ({
  ...engine,
  invoke: (call) => engine.invoke({ ...call, trace: spans.begin(call) }),
  forward: (call) => engine.forward({ ...call, trace: spans.begin(call) }),
  upgrade: (call) => engine.upgrade({ ...call, trace: spans.begin(call) }),
})
