/** A function that is at zero is sent hundreds of requests a second from one moment to the next. */
import { createFunction, createTrigger, type Request, statusOf, untilQuiet } from '../lib/api.ts'
import { platform, sandboxes } from '../lib/platforms.ts'
import { atRate, errors, failed, p95Between, showMs } from '../lib/rate.ts'
import type { Group, Row } from '../lib/row.ts'
import { sleeper } from '../lib/sources.ts'
import { show } from '../lib/statistics.ts'
import { watch } from '../lib/watch.ts'

/** What each call waits for, as one that asks a database does. */
const serviceMs = 20
/** Over warm. */
const goalMs = 15

export const scale: Group = {
  name: 'scale',
  title: `From zero to a constant rate in one step, each call takes ${serviceMs} ms (× peer: p95 when warm)`,

  async run(bench) {
    const { perSecond, stepMs, settledMs, warmMs } = bench.quick
      ? { perSecond: 100, stepMs: 6000, settledMs: 3000, warmMs: 3000 }
      : { perSecond: 300, stepMs: 30_000, settledMs: 10_000, warmMs: 10_000 }
    const [kind] = (await sandboxes()).kinds
    const on = await platform(bench, { sandbox: kind! })
    await createFunction(on, 'scale', {
      ...(await sleeper('nodejs20', serviceMs)),
      memorySize: 512,
      cpu: 0.5,
    })
    await createTrigger(on, 'scale')
    await untilQuiet(on)
    const request: Request = {
      url: `${on.endpoints.edge}/proxy/scale/`,
      method: 'GET',
      headers: {},
      body: '',
    }
    const watched = watch(async () => (await statusOf(on)).instances.length)
    const step = await atRate(request, [{ perSecond, durationMs: stepMs }])
    const most = Math.max(...(await watched.stop()).map(({ value }) => value))
    const warm = await atRate(request, [{ perSecond, durationMs: warmMs }])

    const settledP95 = p95Between(step, settledMs, stepMs)
    const warmP95 = p95Between(warm, 0, warmMs)
    const ratio = settledP95 === undefined || warmP95 === undefined ? undefined : settledP95 / warmP95
    const rows: Row[] = [
      {
        what: `${kind}: 0 → ${perSecond}/s, ${step.length} requests, up to ${most} instances: ${errors(step)}`,
        goal: 'no errors',
        reached: failed(step) === 0,
      },
      { what: `${kind}: p95 of the first second`, median: showMs(p95Between(step, 0, 1000)) },
      {
        what: `${kind}: p95 after ${settledMs / 1000} s`,
        median: showMs(settledP95),
        ratio: show(ratio),
        ...(bench.quick
          ? { goal: `≤ warm + ${goalMs} ms after 10 s: see a full run` }
          : {
              goal: `≤ warm + ${goalMs} ms`,
              reached:
                settledP95 === undefined || warmP95 === undefined
                  ? undefined
                  : settledP95 - warmP95 <= goalMs,
            }),
      },
      { what: `${kind}: p95 when warm, ${errors(warm)}`, median: showMs(warmP95), ratio: '1.0' },
    ]
    return rows
  },
}
