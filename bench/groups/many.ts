/** Ten thousand functions: what the platform's process takes when they have just been made, and after a restart. */
import { setTimeout as pause } from 'node:timers/promises'
import { startPlatform } from '../../test/platform.fixture.ts'
import { createFunction, statusOf } from '../lib/api.ts'
import { memoryOf } from '../lib/processes.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { hello } from '../lib/sources.ts'
import { mib, show } from '../lib/statistics.ts'

const goalFunctions = 10_000
const goalMib = 50
/** What a collector has not got round to is no memory of the functions. */
const settleMs = 5000

export const many: Group = {
  name: 'many',
  title: 'Memory of registered functions (RSS of the platform, nothing else in it)',

  async run(bench) {
    const functions = bench.quick ? 1000 : goalFunctions
    const options = { sandbox: 'process', environment: { HANSHU_POOL_SIZE: '0' } } as const
    // The very first start of a checkout also compiles, and keeps more memory than any later one.
    const fresh = await startPlatform(options)
    await fresh.remove()
    const first = await startPlatform(options)
    bench.own(() => first.remove())
    const emptyBytes = await settledRss(bench, first.pid)
    await statusOf(first)
    const startedMs = performance.now()
    await createAll(first, functions)
    const perSecond = (functions * 1000) / (performance.now() - startedMs)
    const createdBytes = await settledRss(bench, first.pid)
    await first.stop()
    const second = await startPlatform({ ...options, dataDir: first.dataDir })
    bench.own(() => second.stop())
    const restartedBytes = await settledRss(bench, second.pid)

    const count = functions.toLocaleString('en')
    const rows: Row[] = [{ what: `CreateFunction, 32 at once, ${count} of them`, perSecond: show(perSecond) }]
    for (const [when, bytes] of [
      ['just created', createdBytes],
      ['after a restart', restartedBytes],
    ] as const) {
      const grewMib = (bytes - emptyBytes) / 1_048_576
      rows.push({
        what: `${count} functions, ${when}: ${mib(bytes)} instead of ${mib(emptyBytes)}, more by`,
        median: `${grewMib.toFixed(1)} MiB`,
        ...(functions === goalFunctions
          ? { goal: `≤ ${goalMib} MiB`, reached: grewMib <= goalMib }
          : { goal: `≤ ${goalMib} MiB for 10,000: see a full run` }),
      })
    }
    return rows
  },
}

async function createAll(on: Parameters<typeof createFunction>[0], count: number): Promise<void> {
  const spec = await hello('nodejs20')
  let next = 0
  const creator = async () => {
    while (next < count) await createFunction(on, `many-${next++}`, spec)
  }
  await Promise.all(Array.from({ length: 32 }, creator))
}

async function settledRss(bench: Bench, pid: number): Promise<number> {
  await pause(bench.quick ? settleMs / 2 : settleMs)
  return memoryOf(pid).rssBytes
}
