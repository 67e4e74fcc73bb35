/**
 * Arrival traces that others published (../shared/data/traces beside the checkout, or `--traces`; its README names origins
 * and licences) as calls of functions. What a trace does not say is assumed here, and said in `assumes`.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FunctionTrace } from '../../src/compute/scaling/keep-alive-simulation.testing.ts'
import { gamma, seeded } from './chance.ts'

export interface Workload {
  name: string
  assumes: string
  functions: FunctionTrace[]
}

type Call = FunctionTrace['calls'][number]

const dayMs = 86_400_000
const minuteMs = 60_000

const rowsOf = async (file: string): Promise<string[][]> =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.trim().split(','))

const inOrder = (calls: Call[]): Call[] => calls.sort((a, b) => a.atMs - b.atMs)

/** So many calls in each minute, anywhere in it. */
function spread(perMinute: readonly number[], durationMs: number, random: () => number): Call[] {
  return inOrder(
    perMinute.flatMap((count, minute) =>
      Array.from({ length: count }, () => ({ atMs: (minute + random()) * minuteMs, durationMs })),
    ),
  )
}

/** 199 calls of 31 functions within 21 minutes. */
async function azure2021(dir: string): Promise<Workload> {
  const [, ...rows] = await rowsOf(join(dir, 'invitro-azure2019-2021/Azure2021_200.csv'))
  const calls = new Map<string, Call[]>()
  let endMs = 0
  for (const [, name = '', end = '', seconds = ''] of rows) {
    const durationMs = Number(seconds) * 1000
    const atMs = Math.max(0, Number(end) * 1000 - durationMs)
    endMs = Math.max(endMs, atMs + durationMs)
    calls.set(name, [...(calls.get(name) ?? []), { atMs, durationMs }])
  }
  return {
    name: 'Azure 2021, slice of invitro: 31 functions, 21 min',
    assumes: '170 MB each',
    functions: [...calls.values()].map((of) => ({ calls: inOrder(of), memoryGb: 0.17, endMs })),
  }
}

async function azure2019(dir: string, random: () => number): Promise<Workload> {
  const [[, ...invocations], [, ...durations], [, ...memory]] = await Promise.all(
    ['invocations', 'durations', 'memory'].map((name) =>
      rowsOf(join(dir, `invitro-azure2019-2021/${name}.csv`)),
    ) as [Promise<string[][]>, Promise<string[][]>, Promise<string[][]>],
  )
  const of = (rows: string[][], name: string | undefined, column: number): number =>
    Number(rows.find((row) => row[2] === name)?.[column])
  return {
    name: 'Azure 2019, slice of invitro: 3 functions, 24 h',
    assumes: 'anywhere in their minute',
    functions: invocations.map(([, , name, , ...counts]) => ({
      calls: spread(counts.map(Number), of(durations, name, 3), random),
      memoryGb: of(memory, name, 4) / 1024,
      endMs: dayMs,
    })),
  }
}

async function archetypes(dir: string, random: () => number): Promise<Workload> {
  const functions = await Promise.all(
    [1, 2, 3, 4, 5].map(async (number): Promise<FunctionTrace> => {
      const file = join(dir, `kswd/w_000${number}.json`)
      const { request_trace: trace, resource_requirements: needs } = JSON.parse(
        await readFile(file, 'utf8'),
      ) as {
        request_trace: { requests_per_minute: number[] }
        resource_requirements: { memory_mb: { p50: number } }
      }
      return {
        calls: spread(trace.requests_per_minute, 100, random),
        memoryGb: needs.memory_mb.p50 / 1024,
        endMs: trace.requests_per_minute.length * minuteMs,
      }
    }),
  )
  return { name: 'kswd: 5 workloads of 4 archetypes, 100 min', assumes: '100 ms a call', functions }
}

async function llm(dir: string): Promise<Workload> {
  const functions = await Promise.all(
    ['conv', 'code'].map(async (name): Promise<FunctionTrace> => {
      const [, ...rows] = await rowsOf(join(dir, `azure-llm-2023/AzureLLMInferenceTrace_${name}.csv`))
      const times = rows.map(([time = '']) => Date.parse(`${time.replace(' ', 'T').slice(0, 23)}Z`))
      const firstMs = Math.min(...times)
      const calls = rows.map(([, , tokens], row) => ({
        atMs: times[row]! - firstMs,
        durationMs: Number(tokens) * 20,
      }))
      return { calls: inOrder(calls), memoryGb: 1, endMs: Math.max(...times) - firstMs }
    }),
  )
  return { name: 'Azure LLM 2023: 2 services, 1 h', assumes: '20 ms a token, 1 GB', functions }
}

/** A busier function never idles for long, under any policy: what it costs is time of the simulation only. */
const callsADayMax = 2000
/** Nine of ten functions are below; beyond it a gamma distribution is bursts of thousands within a moment. */
const variationMax = 5

/** Functions drawn from the distributions of Azure 2019. */
async function population(
  dir: string,
  { count, days }: { count: number; days: number },
  random: () => number,
): Promise<Workload> {
  const [invokes, variations, execution, memory] = await Promise.all(
    ['invokesCDF', 'CVs', 'execTimeCDF', 'memCDF'].map(async (name) =>
      (await rowsOf(join(dir, `serverlessbench-azure-cdf/${name}.csv`))).map((row) => row.map(Number)),
    ),
  )
  const draw = (distribution: number[][] | undefined): number => {
    const share = random()
    return (distribution!.find(([, below]) => below! >= share) ?? distribution!.at(-1)!)[0]!
  }
  const functions = Array.from({ length: count }, (): FunctionTrace => {
    const everyMs = dayMs / Math.min(draw(invokes), callsADayMax)
    const variation = Math.min(draw(variations), variationMax)
    const durationMs = draw(execution)
    const calls: Call[] = []
    const most = callsADayMax * days
    let atMs = random() * everyMs
    for (; atMs < days * dayMs && calls.length < most; atMs += everyMs * gamma(variation, random)) {
      calls.push({ atMs, durationMs })
    }
    return { calls, memoryGb: draw(memory) / 1024, endMs: days * dayMs }
  })
  return {
    name: `Azure 2019, distributions of ServerlessBench: ${count} functions, ${days} days`,
    assumes: `independent of each other, gamma, at most ${callsADayMax} calls a day, variation at most ${variationMax}`,
    functions,
  }
}

/** Every workload, the same for the same seed. Rejects where a file is missing. */
export function workloads(
  dir: string,
  { seed, functions, days }: { seed: number; functions: number; days: number },
): Promise<Workload[]> {
  // A stream of chance of its own for each: one that is drawn from more does not change the others.
  return Promise.all([
    population(dir, { count: functions, days }, seeded(seed)),
    azure2019(dir, seeded(seed + 1)),
    azure2021(dir),
    archetypes(dir, seeded(seed + 2)),
    llm(dir),
  ])
}
