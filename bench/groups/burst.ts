/** A burst: a hundred calls at once of a function that takes a second and has no instance yet. */
import { createFunction, deleteFunction, invocation, send, untilQuiet } from '../lib/api.ts'
import { timeProgram } from '../lib/children.ts'
import { nodeProgram, platform, sandboxes } from '../lib/platforms.ts'
import type { Group, Row } from '../lib/row.ts'
import { sleeper } from '../lib/sources.ts'
import { median, p99, pairedRatio, show } from '../lib/statistics.ts'

const calls = 100
const sleepMs = 1000

export const burst: Group = {
  name: 'burst',
  title: `${calls} new instances at once, each sleeps 1 s (peer: ${calls} plain Node.js that sleep 1 s)`,

  async run(bench) {
    // The process sandbox is for development; a hundred of them say nothing that the others do not.
    const kinds = (await sandboxes()).kinds.slice(0, 1)
    const node20 = await nodeProgram(20)
    const platforms = []
    for (const kind of kinds) platforms.push({ kind, on: await platform(bench, { sandbox: kind }) })
    const plainMs: number[] = []
    const taken = new Map<string, { allMs: number[]; eachMs: number[]; restMs: number[]; errors: number }>(
      kinds.map((kind) => [kind, { allMs: [], eachMs: [], restMs: [], errors: 0 }]),
    )
    for (const round of bench.rounds({ count: bench.quick ? 1 : 3, withinMs: 45_000 })) {
      plainMs.push(await plainBurst(node20))
      for (const { kind, on } of platforms) {
        const name = `burst-${round}`
        await createFunction(on, name, await sleeper('nodejs20', sleepMs))
        await untilQuiet(on)
        const result = taken.get(kind)!
        const startedMs = performance.now()
        const replies = await Promise.all(
          Array.from({ length: calls }, () => send(invocation(on, name)).catch(() => undefined)),
        )
        result.allMs.push(performance.now() - startedMs)
        for (const reply of replies) {
          if (reply?.status === 200) result.eachMs.push(reply.tookMs)
          else result.errors++
        }
        await deleteFunction(on, name)
        await untilQuiet(on, { timeoutMs: 90_000 })
        result.restMs.push(performance.now() - startedMs)
      }
    }
    const rows: Row[] = [
      { what: `all ${calls} plain Node.js, Node 20, have ended`, median: show(median(plainMs), 'ms') },
    ]
    for (const [kind, { allMs, eachMs, restMs, errors }] of taken) {
      rows.push(
        {
          what: `${kind}, pool of 3: all ${calls} are answered (${errors} errors)`,
          median: show(median(allMs), 'ms'),
          ratio: show(pairedRatio(allMs, plainMs)),
        },
        {
          what: `${kind}, pool of 3: one call of them`,
          median: show(median(eachMs), 'ms'),
          p99: show(p99(eachMs), 'ms'),
        },
        {
          what: `${kind}, pool of 3: the function removed, its instances gone, the pool full again`,
          median: show(median(restMs), 'ms'),
        },
      )
    }
    return rows
  },
}

async function plainBurst(node: string): Promise<number> {
  const startedMs = performance.now()
  const sleep = ['-e', `setTimeout(() => {}, ${sleepMs})`]
  await Promise.all(Array.from({ length: calls }, () => timeProgram(node, sleep)))
  return performance.now() - startedMs
}
