/** Peaks and troughs: ten minutes of load, compressed, and the instances that follow it, drawn into results/peaks.svg. */
import { createFunction, createTrigger, type Request, statusOf, untilQuiet } from '../lib/api.ts'
import { chart } from '../lib/chart.ts'
import { platform, sandboxes } from '../lib/platforms.ts'
import { atRate, errors, failed, p95Between, showMs } from '../lib/rate.ts'
import type { Group, Row } from '../lib/row.ts'
import { sleeper } from '../lib/sources.ts'
import { show } from '../lib/statistics.ts'
import { watch } from '../lib/watch.ts'

const serviceMs = 20
/** The load of ten minutes: what it is at each twentieth of them, as a share of the highest. */
const shape = [0.05, 0.05, 0.3, 1, 1, 0.5, 0.1, 0.05, 0.05, 0.6, 1, 0.6, 0.1, 0, 0, 0.2, 0.8, 1, 0.3, 0.05]
const realMs = 600_000
const realIdleMs = 60_000

export const peaks: Group = {
  name: 'peaks',
  title: `Peaks and troughs of ten minutes, compressed; each call takes ${serviceMs} ms`,

  async run(bench) {
    const { durationMs, highest } = bench.quick
      ? { durationMs: 20_000, highest: 100 }
      : { durationMs: 60_000, highest: 300 }
    const phases = shape.map((share) => ({
      perSecond: share * highest,
      durationMs: durationMs / shape.length,
    }))
    // Idle times are compressed like the load.
    const idleMs = Math.max(1000, (realIdleMs * durationMs) / realMs)
    const [kind] = (await sandboxes()).kinds
    const on = await platform(bench, {
      sandbox: kind!,
      environment: { HANSHU_IDLE_SECONDS: String(idleMs / 1000) },
    })
    await createFunction(on, 'peaks', {
      ...(await sleeper('nodejs20', serviceMs)),
      memorySize: 512,
      cpu: 0.5,
    })
    await createTrigger(on, 'peaks')
    await untilQuiet(on)
    const request: Request = {
      url: `${on.endpoints.edge}/proxy/peaks/`,
      method: 'GET',
      headers: {},
      body: '',
    }
    const watched = watch(async () => (await statusOf(on)).instances.length)
    const sent = await atRate(request, phases)
    await untilQuiet(on, { timeoutMs: idleMs + 30_000 })
    const seen = await watched.stop()

    const values = seen.map(({ value }) => value)
    const endMs = seen.at(-1)!.atMs
    const seconds =
      seen.reduce(
        (sum, { atMs, value }, index) => sum + value * ((seen[index + 1]?.atMs ?? endMs) - atMs),
        0,
      ) / 1000
    let fromMs = 0
    const rate = phases.flatMap((phase) => {
      const corner = { atMs: fromMs, value: phase.perSecond }
      fromMs += phase.durationMs
      return [corner, { atMs: fromMs, value: phase.perSecond }]
    })
    const file = await bench.result(
      'peaks.svg',
      chart({
        title: `${kind}${bench.quick ? ', quick run' : ''}: requests per second and instances; idle instances are kept ${idleMs / 1000} s`,
        lines: [
          { name: 'requests/s', points: rate },
          { name: 'instances', points: steps(seen) },
        ],
      }),
    )
    const rows: Row[] = [
      {
        what: `${kind}: ${sent.length} requests, up to ${show(highest)}/s: ${errors(sent)}${file ? ` (${file})` : ''}`,
        median: showMs(p95Between(sent, 0, durationMs)),
        goal: 'no errors (the time is p95)',
        reached: failed(sent) === 0,
      },
      {
        what: `${kind}: up to ${Math.max(...values)} instances, ${show(seconds)} instance-seconds, at the end`,
        median: String(values.at(-1)),
        goal: '0',
        reached: values.at(-1) === 0,
      },
    ]
    return rows
  },
}

/** Between two looks the number is what it was at the first. */
const steps = (seen: readonly { atMs: number; value: number }[]) =>
  seen.flatMap((point, index) => {
    const next = seen[index + 1]
    return next ? [point, { atMs: next.atMs, value: point.value }] : [point]
  })
