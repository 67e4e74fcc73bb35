/**
 * Warm calls: a function that answers `hello`, its instance running, beside servers that do nothing else. The contestants
 * take turns; a ratio compares turns that followed each other.
 */
import { access } from 'node:fs/promises'
import {
  createFunction,
  createTrigger,
  type FunctionSpec,
  invocation,
  must,
  type Request,
  triggerRequest,
} from '../lib/api.ts'
import { type Load, loader } from '../lib/load.ts'
import { platform, sandboxes } from '../lib/platforms.ts'
import { CpuMeter } from '../lib/processes.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { hello, webServer } from '../lib/sources.ts'
import { median, pairedRatio, show } from '../lib/statistics.ts'
import { peerNames, startPeer } from '../peers/servers.ts'

interface Contestant {
  what: string
  pid: number
  request: Request
  /** Has goals. */
  isOurs: boolean
}

interface Turn extends Load {
  frontUs: number
  restUs: number
}

const raw = 'node:http'
const rateGoal = 0.9
const cpuGoalUs = 60

export const warm: Group = {
  name: 'warm',
  title: `Warm (peer: ${raw}, req/s)`,

  async run(bench) {
    const { name, load } = await loader(bench)
    const contestants = [...(await peers(bench)), ...(await ours(bench))]
    const rows: Row[] = []
    for (const connections of bench.quick ? [1, 64] : [1, 32, 64]) {
      bench.progress(`  ${connections} connections, ${name}`)
      const turns = new Map<string, Turn[]>(contestants.map(({ what }) => [what, []]))
      const durationMs = bench.quick ? 1000 : 2000
      const count = bench.quick ? 2 : 5
      for (const round of bench.rounds({ count, withinMs: bench.quick ? 15_000 : 45_000 })) {
        for (const contestant of contestants) {
          const turn = await takeTurn(contestant, () => load(contestant.request, { connections, durationMs }))
          // In the first round compilers are at work.
          if (round > 0) turns.get(contestant.what)!.push(turn)
        }
      }
      rows.push(...contestants.map((contestant) => rowOf(contestant, connections, turns)))
    }
    return rows
  },
}

async function peers(bench: Bench): Promise<Contestant[]> {
  const started: Contestant[] = []
  for (const name of peerNames) {
    const { pid, url } = await startPeer(bench, name)
    started.push({ what: name, pid, request: { url, method: 'GET', headers: {}, body: '' }, isOurs: false })
  }
  return started
}

async function ours(bench: Bench): Promise<Contestant[]> {
  const { kinds } = await sandboxes()
  const [kind] = kinds
  const on = await platform(bench, { sandbox: kind! })
  const contestants: Contestant[] = []
  const add = async (label: string, name: string, spec: FunctionSpec) => {
    await createFunction(on, name, spec)
    await createTrigger(on, name)
    for (const [way, request] of [
      ['InvokeFunction, signed', invocation(on, name)],
      ['HTTP trigger', triggerRequest(on, name)],
    ] as const) {
      await must(request)
      contestants.push({ what: `Hanshu ${kind}, ${label}, ${way}`, pid: on.pid, request, isOurs: true })
    }
  }
  await add('Node 20', 'warm-event', await hello('nodejs20'))
  // A web server of the function's own takes many calls at once, and costs one hop of HTTP more.
  const hasNode = await access('/usr/bin/node').then(
    () => true,
    () => false,
  )
  if (hasNode) await add('custom web server, 64 calls per instance', 'warm-web', await webServer())
  return contestants
}

async function takeTurn({ what, pid }: Contestant, load: () => Promise<Load>): Promise<Turn> {
  const meter = new CpuMeter(pid)
  let result: Load
  let used: ReturnType<CpuMeter['stop']>
  try {
    result = await load()
  } finally {
    used = meter.stop()
  }
  if (result.errors > result.requests / 100) throw new Error(`${what}: ${JSON.stringify(result)}`)
  return {
    ...result,
    frontUs: used.frontUs / result.requests,
    restUs: used.restUs / result.requests,
  }
}

function rowOf({ what, isOurs }: Contestant, connections: number, turns: Map<string, Turn[]>): Row {
  const of = (name: string, pick: (turn: Turn) => number) => turns.get(name)!.map(pick)
  const middle = (pick: (turn: Turn) => number) => median(of(what, pick))
  const ratio = pairedRatio(
    of(what, ({ perSecond }) => perSecond),
    of(raw, ({ perSecond }) => perSecond),
  )
  const cpuUs = middle(({ frontUs, restUs }) => frontUs + restUs)
  const errors = of(what, (turn) => turn.errors).reduce((sum, count) => sum + count, 0)
  const hasGoal = isOurs && connections > 1
  return {
    what: `${what}, c=${connections}${errors > 0 ? ` (${errors} errors)` : ''}`,
    median: show(
      middle(({ p50Ms }) => p50Ms),
      'ms',
    ),
    p99: show(
      middle(({ p99Ms }) => p99Ms),
      'ms',
    ),
    perSecond: show(middle(({ perSecond }) => perSecond)),
    cpu: `${show(cpuUs)} (${show(middle(({ frontUs }) => frontUs))} + ${show(middle(({ restUs }) => restUs))})`,
    ratio: show(ratio),
    ...(hasGoal && cpuUs !== undefined && ratio !== undefined
      ? { goal: `≥ ${rateGoal} × peer, ≤ ${cpuGoalUs} µs`, reached: ratio >= rateGoal && cpuUs <= cpuGoalUs }
      : {}),
  }
}
