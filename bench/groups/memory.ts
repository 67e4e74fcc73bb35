/** What an idle instance costs: the proportional share (PSS) of its processes, with ten instances of the same function. */
import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { createFunction, deleteFunction, invocation, must, statusOf, untilQuiet } from '../lib/api.ts'
import { cleanEnvironment, endGroup } from '../lib/children.ts'
import { nodeProgram, platform, pythonProgram, sandboxes } from '../lib/platforms.ts'
import { pssOf, tree } from '../lib/processes.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { sleeper } from '../lib/sources.ts'
import { mib, show } from '../lib/statistics.ts'

const instances = 10
const callMs = 1500

export const memory: Group = {
  name: 'memory',
  title: `Idle memory of an instance, ${instances} running, PSS (peer: the plain interpreter, ${instances} running)`,

  async run(bench) {
    const kinds = (await sandboxes()).kinds.slice(0, bench.quick ? 1 : 2)
    const plain: Record<string, number> = {
      nodejs20: await plainPss(bench, await nodeProgram(20), ['-e', 'setInterval(() => {}, 1e6)']),
      nodejs24: await plainPss(bench, await nodeProgram(24), ['-e', 'setInterval(() => {}, 1e6)']),
      'python3.10': await plainPss(bench, await pythonProgram(), ['-c', 'import time; time.sleep(1e6)']),
    }
    const rows: Row[] = Object.entries(plain).map(([runtime, bytes]) => ({
      what: `plain interpreter of ${runtime}`,
      median: mib(bytes),
    }))
    for (const kind of kinds) {
      // Without a pool, everything that is new is an instance.
      const on = await platform(bench, { sandbox: kind, environment: { HANSHU_POOL_SIZE: '0' } })
      for (const runtime of Object.keys(plain)) {
        const name = `memory-${runtime.replace('.', '-')}`
        const before = new Set(tree(on.pid).map(({ pid }) => pid))
        await createFunction(on, name, await sleeper(runtime, callMs))
        await Promise.all(Array.from({ length: instances }, () => must(invocation(on, name))))
        // Past the time after which idle instances are frozen.
        await pause(1500)
        const started = (await statusOf(on)).instances.length
        const added = tree(on.pid).filter(({ pid }) => !before.has(pid))
        const runtimePss =
          pssOf(added.filter(({ name: program }) => program !== 'crun').map(({ pid }) => pid)) / started
        const withCrun = pssOf(added.map(({ pid }) => pid)) / started
        rows.push({
          what: `${kind}: ${runtime} (${mib(withCrun)} with the process that holds it; ${started} instances)`,
          median: mib(runtimePss),
          ratio: show(runtimePss / plain[runtime]!),
        })
        await deleteFunction(on, name)
        await untilQuiet(on)
      }
    }
    return rows
  },
}

async function plainPss(bench: Bench, file: string, args: readonly string[]): Promise<number> {
  const started = Array.from({ length: instances }, () =>
    spawn(file, args, { env: cleanEnvironment, stdio: 'ignore', detached: true }),
  )
  for (const child of started) bench.own(() => endGroup(child))
  await pause(1000)
  const bytes = pssOf(started.map(({ pid }) => pid!)) / instances
  await Promise.all(started.map(endGroup))
  return bytes
}
