/**
 * Cold starts: the first call of a function that was never called before, to the last byte of the answer. Every round
 * measures every contestant once, so that all of them meet the same weather.
 */
import { fc3Client, invoke } from '../../test/clients.fixture.ts'
import type { Platform } from '../../test/platform.fixture.ts'
import {
  createFunction,
  createTrigger,
  deleteFunction,
  type FunctionSpec,
  invocation,
  type Reply,
  send,
  triggerRequest,
  untilQuiet,
} from '../lib/api.ts'
import { timeProgram } from '../lib/children.ts'
import { nodeProgram, platform, pythonProgram, sandboxes } from '../lib/platforms.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { express, hello } from '../lib/sources.ts'
import { median, p99, pairedRatio, show } from '../lib/statistics.ts'
import { bareContainer } from '../peers/bare-container.ts'

interface Contestant {
  what: string
  /** The contestant that it is compared with: a plain start of the same language. */
  peer?: string
  goal?: { text: string; reached(measured: { medianMs: number; p99Ms: number; ratio: number }): boolean }
  /** Milliseconds of one cold start. */
  measure(): Promise<number>
}

type Way = 'InvokeFunction' | 'SDK' | 'trigger'

const helloGoal: Contestant['goal'] = {
  text: '≤ 0.1 × plain spawn, p99 ≤ 15 ms',
  reached: ({ p99Ms, ratio }) => ratio <= 0.1 && p99Ms <= 15,
}
const expressGoal: Contestant['goal'] = { text: '≤ 40 ms', reached: ({ medianMs }) => medianMs <= 40 }
const gvisorGoal: Contestant['goal'] = { text: '≤ 8 ms', reached: ({ medianMs }) => medianMs <= 8 }

const plainNode20 = 'plain `node -e ""`, Node 20'
const plainNode24 = 'plain `node -e ""`, Node 24'
const plainPython = 'plain `python3 -c ""`'

export const cold: Group = {
  name: 'cold',
  title: 'Cold start (peer: a plain start of the same language)',

  async run(bench) {
    const { kinds, withoutOci } = await sandboxes()
    const contestants = await plainStarts(bench, withoutOci)
    for (const kind of kinds) {
      const isolated = kind === 'oci'
      const pooled = await platform(bench, { sandbox: kind })
      contestants.push(
        ...onPlatform(`${kind}, pool`, pooled, isolated ? { hello: helloGoal, express: expressGoal } : {}),
      )
      const unpooled = await platform(bench, { sandbox: kind, environment: { HANSHU_POOL_SIZE: '0' } })
      contestants.push(...onPlatform(`${kind}, no pool`, unpooled, {}))
    }
    const withoutGvisor = withoutOci || (await addGvisor(bench, contestants))
    const rows = await measureAll(bench, contestants)
    if (withoutOci) rows.push({ what: `oci: not available (${withoutOci})` })
    if (withoutGvisor) rows.push({ what: `gVisor: not available (${withoutGvisor})`, goal: gvisorGoal.text })
    return rows
  },
}

async function plainStarts(bench: Bench, withoutOci: string | false): Promise<Contestant[]> {
  const [node20, node24, python] = [await nodeProgram(20), await nodeProgram(24), await pythonProgram()]
  const starts: Contestant[] = [
    { what: plainNode20, measure: () => timeProgram(node20, ['-e', '']) },
    { what: plainNode24, measure: () => timeProgram(node24, ['-e', '']) },
    { what: plainPython, measure: () => timeProgram(python, ['-c', '']) },
  ]
  if (!withoutOci) {
    const measure = await bareContainer(bench, node20, ['-e', ''])
    starts.push({ what: 'plain `crun run` of Node 20, no limits', peer: plainNode20, measure })
  }
  return starts
}

/** Every way and every language on one platform. Without a pool, only what differs. */
function onPlatform(
  label: string,
  on: Platform,
  goals: { hello?: Contestant['goal']; express?: Contestant['goal'] },
): Contestant[] {
  const contestant = (
    what: string,
    make: () => Promise<FunctionSpec>,
    {
      way = 'InvokeFunction',
      prepared = false,
      peer = plainNode20,
      goal,
    }: { way?: Way; prepared?: boolean; peer?: string; goal?: Contestant['goal'] },
  ): Contestant => ({
    what: `${label}: ${what}, ${way}`,
    peer,
    ...(goal ? { goal } : {}),
    measure: () => coldStart(on, make, { way, prepared }),
  })
  const node20 = () => hello('nodejs20')
  const all = [
    contestant('hello, Node 20', node20, { goal: goals.hello }),
    contestant('hello, Python 3', () => hello('python3.10'), { peer: plainPython, goal: goals.hello }),
    contestant('Express 5, code prepared', express, { prepared: true, goal: goals.express }),
  ]
  if (goals.hello) {
    all.push(
      contestant('hello, Node 24', () => hello('nodejs24'), { peer: plainNode24, goal: goals.hello }),
      contestant('hello, Node 20', node20, { way: 'trigger', goal: goals.hello }),
      contestant('hello, Node 20', node20, { way: 'SDK' }),
      contestant('Express 5, right after the deploy', express, {}),
      contestant('Express 5, code prepared', express, {
        way: 'trigger',
        prepared: true,
        goal: goals.express,
      }),
    )
  }
  return all
}

/** Answers why gVisor does not take part, or false. It does when `runsc` is installed. */
async function addGvisor(bench: Bench, contestants: Contestant[]): Promise<string | false> {
  try {
    await timeProgram('runsc', ['--version'])
  } catch {
    return 'runsc is not installed'
  }
  const started = (pool: Record<string, string>): Promise<Platform> =>
    platform(bench, { sandbox: 'oci', environment: { HANSHU_OCI_RUNTIME: 'runsc', ...pool } })
  try {
    const [pooled, unpooled] = [await started({}), await started({ HANSHU_POOL_SIZE: '0' })]
    const node20 = (on: Platform) => () => coldStart(on, () => hello('nodejs20'))
    contestants.push(
      {
        what: 'gVisor, pool: hello, Node 20, InvokeFunction',
        peer: plainNode20,
        goal: gvisorGoal,
        measure: node20(pooled),
      },
      {
        what: 'gVisor, pool: hello, Python 3, InvokeFunction',
        peer: plainPython,
        measure: () => coldStart(pooled, () => hello('python3.10')),
      },
      {
        what: 'gVisor, no pool: hello, Node 20, InvokeFunction',
        peer: plainNode20,
        measure: node20(unpooled),
      },
    )
    return false
  } catch (error) {
    return `the platform does not start with it: ${String(error).trim().split('\n').at(-1)}`
  }
}

let functions = 0

async function coldStart(
  on: Platform,
  make: () => Promise<FunctionSpec>,
  { way = 'InvokeFunction', prepared = false }: { way?: Way; prepared?: boolean } = {},
): Promise<number> {
  const name = `cold-${functions++}`
  await createFunction(on, name, await make())
  if (way === 'trigger') await createTrigger(on, name)
  await untilQuiet(on, { prepared })
  const { status, body, tookMs } = await call(on, name, way)
  if (status !== 200 || !body.startsWith('hello')) throw new Error(`${name} by ${way}: ${status} ${body}`)
  await deleteFunction(on, name, way === 'trigger')
  await untilQuiet(on)
  return tookMs
}

async function call(on: Platform, name: string, way: Way): Promise<Reply> {
  if (way === 'InvokeFunction') return send(invocation(on, name))
  if (way === 'trigger') return send(triggerRequest(on, name))
  const startedMs = performance.now()
  const { statusCode, body } = await invoke(fc3Client(on), name)
  return { status: statusCode, body, tookMs: performance.now() - startedMs }
}

async function measureAll(bench: Bench, contestants: readonly Contestant[]): Promise<Row[]> {
  const measured = new Map<string, number[]>(contestants.map(({ what }) => [what, []]))
  const count = bench.quick ? 4 : 30
  for (const round of bench.rounds({ count: count + 1, withinMs: bench.quick ? 40_000 : 240_000 })) {
    for (const { what, measure } of contestants) {
      const tookMs = await measure()
      // The first round fills caches and compiles; nobody's platform is that fresh.
      if (round > 0) measured.get(what)!.push(tookMs)
    }
  }
  return contestants.map(({ what, peer, goal }) => {
    const values = measured.get(what)!
    const ratio = peer === undefined ? undefined : pairedRatio(values, measured.get(peer)!)
    const [medianMs, p99Ms] = [median(values), p99(values)]
    const reached =
      medianMs === undefined ? undefined : goal?.reached({ medianMs, p99Ms: p99Ms!, ratio: ratio! })
    return {
      what,
      median: show(medianMs, 'ms'),
      p99: show(p99Ms, 'ms'),
      ratio: show(ratio),
      ...(goal ? { goal: goal.text, reached } : {}),
    }
  })
}
