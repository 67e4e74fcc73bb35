/**
 * Hanshu beside its peers, in one run and one table: `npm run bench -- [--quick] [--only cold,warm] [--traces DIR] [--no-file]`.
 * Prints the table and writes it to bench/results/latest.md.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { groups } from './groups/index.ts'
import { machine } from './lib/machine.ts'
import { report } from './lib/report.ts'
import type { Bench, Group, Row } from './lib/row.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    traces: { type: 'string', default: '../shared/data/traces' },
    'no-file': { type: 'boolean', default: false },
  },
})

/** No group is begun after this; each keeps its own limits. */
const beginWithinMs = flags.quick ? 150_000 : 1_560_000
/** Past this something hangs: what is known by then is printed, and the bench has failed. */
const stopAfterMs = beginWithinMs + 90_000

// With it, every Node.js reads certificates when it starts, which takes several times as long as starting.
delete process.env['NODE_EXTRA_CA_CERTS']

const names = flags.only?.split(',') ?? groups.map(({ name }) => name)
const unknown = names.filter((name) => !groups.some((group) => group.name === name))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}. There are: ${groups.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

// On the disk of the platform, as a data folder would be; .gitignore knows the name.
const folder = await mkdtemp(join(import.meta.dirname, '../.bench-'))
const undo: (() => unknown)[] = []
const startedMs = performance.now()
const progress = (sentence: string): void =>
  console.error(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${sentence}`)

async function clean(): Promise<void> {
  for (const step of undo.splice(0).reverse()) {
    try {
      await step()
    } catch (error) {
      console.error('could not clean up:', error)
    }
  }
}

async function finish(exitCode: number): Promise<never> {
  await clean()
  await rm(folder, { recursive: true, force: true })
  process.exit(exitCode)
}

function* rounds({ count, withinMs }: { count: number; withinMs: number }): Iterable<number> {
  const endMs = performance.now() + withinMs
  for (let round = 0; round < count && performance.now() < endMs; round++) yield round
}

async function measure(group: Group): Promise<Row[]> {
  progress(group.title)
  const bench: Bench = {
    quick: flags.quick,
    folder,
    traces: resolve(import.meta.dirname, '..', flags.traces),
    tracesAsGiven: flags.traces,
    async result(name, content) {
      if (flags['no-file']) return undefined
      await writeFile(join(import.meta.dirname, 'results', name), content)
      return `results/${name}`
    },
    own: (step) => undo.push(step),
    progress,
    rounds,
  }
  try {
    return await group.run(bench)
  } catch (error) {
    failed = true
    console.error(error)
    return [{ what: `FAILED: ${String(error).split('\n')[0]}` }]
  } finally {
    await clean()
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void finish(130))
let failed = false
const before = await machine()
const results: { title: string; rows: Row[] }[] = []
const watchdog = setTimeout(() => {
  failed = true
  console.error(`stopped: not done within ${stopAfterMs / 1000} s`)
  void tell().finally(() => finish(1))
}, stopAfterMs)
for (const group of groups.filter(({ name }) => names.includes(name))) {
  const late = performance.now() - startedMs > beginWithinMs
  const rows = late ? [{ what: 'not measured: the time was used up' }] : await measure(group)
  results.push({ title: group.title, rows })
}
clearTimeout(watchdog)
await tell().catch((error: unknown) => {
  failed = true
  console.error(error)
})
await finish(failed ? 1 : 0)

async function tell(): Promise<void> {
  const tookMs = performance.now() - startedMs
  const text = report({ before, after: await machine(), results, quick: flags.quick, tookMs })
  console.log(text)
  if (!flags['no-file']) await writeFile(join(import.meta.dirname, 'results/latest.md'), text)
}
