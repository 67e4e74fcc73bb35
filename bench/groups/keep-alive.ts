/** Keep-alive policies on arrival traces: cold starts, and memory that idles. Simulated; nothing is started. */
import { access } from 'node:fs/promises'
import {
  type Cost,
  fixedKeepAlive,
  learntKeepAlive,
  simulateKeepAlive,
} from '../../src/compute/scaling/keep-alive-simulation.testing.ts'
import type { Group, Row } from '../lib/row.ts'
import { digits, show } from '../lib/statistics.ts'
import { type Workload, workloads } from '../lib/traces.ts'

const seed = 20_201
const policies = {
  'fixed, 60 s': fixedKeepAlive(60_000),
  'fixed, 10 min': fixedKeepAlive(600_000),
  'fixed, 5 min, as by default': fixedKeepAlive(300_000),
  'learnt, else 5 min': learntKeepAlive(),
}

export const keepAlive: Group = {
  name: 'keep-alive',
  title: `Keep-alive, simulated on arrival traces, seed ${seed} (× peer: wasted memory, peer: fixed, 10 min)`,

  async run(bench) {
    try {
      await access(bench.traces)
    } catch {
      return [{ what: `not measured: there are no traces in ${bench.tracesAsGiven}` }]
    }
    const size = bench.quick ? { functions: 60, days: 2 } : { functions: 300, days: 7 }
    const rows: Row[] = []
    for (const workload of await workloads(bench.traces, { seed, ...size })) {
      bench.progress(workload.name)
      rows.push(...rowsOf(workload))
    }
    return rows
  },
}

function rowsOf({ name, assumes, functions }: Workload): Row[] {
  const costs = Object.entries(policies).map(([policy, how]): [string, Cost] => {
    const all = functions.map((trace) => simulateKeepAlive(trace, how))
    const sum = (of: (cost: Cost) => number): number => all.reduce((total, cost) => total + of(cost), 0)
    return [
      policy,
      {
        calls: sum(({ calls }) => calls),
        coldStarts: sum(({ coldStarts }) => coldStarts),
        wastedGbSeconds: sum(({ wastedGbSeconds }) => wastedGbSeconds),
      },
    ]
  })
  const peer = costs.find(([policy]) => policy === 'fixed, 10 min')![1]
  return costs.map(([policy, { calls, coldStarts, wastedGbSeconds }]) => ({
    what:
      `${name} (${assumes}), ${policy}: ${digits((100 * coldStarts) / calls)} % of ${digits(calls)} calls start cold, ` +
      `${digits(wastedGbSeconds)} GB·s idle`,
    ratio: show(wastedGbSeconds / peer.wastedGbSeconds),
  }))
}
