/**
 * The planner of apps/dispatch on instances of the meal delivery routing problem, by the official rules, beside what Reyes et al.
 * (2018) published and the optimum that Yildiz and Savelsbergh found for the small ones with all knowledge of the day. The
 * instances are not part of the project; HANSHU_MDRP names the folder.
 */
import { readdir } from 'node:fs/promises'
import { seeded } from '../../apps/dispatch/dispatcher/chance.ts'
import { violations } from '../../apps/dispatch/mdrp/check.ts'
import { type Instance, readInstance } from '../../apps/dispatch/mdrp/instance.ts'
import { type Measures, meanOf, measure } from '../../apps/dispatch/mdrp/measures.ts'
import { type ReplayOptions, replay } from '../../apps/dispatch/mdrp/replay.ts'
import type { Group, Row } from '../lib/row.ts'
import { ofAll, small } from './dispatch-quality-published.ts'
import { type Replayed, tables } from './dispatch-quality-tables.ts'

const seed = 20_261_129
/** The goal: beyond the optimum by no more. */
const goalGap = 0.015
/** Where a meal may be ready before it is expected, riders are there that long before. */
const earlyMs = 480_000
const ruinsEstimated = 10

export const dispatchQuality: Group = {
  name: 'dispatch-quality',
  title: `Meal delivery routing problem, official rules, seed ${seed} (× peer: click-to-door of Reyes et al.)`,

  async run(bench) {
    const folder = process.env['HANSHU_MDRP']
    if (!folder) {
      return [
        {
          what:
            'not measured: HANSHU_MDRP does not name a folder of instances, one folder each with orders.txt and so on; ' +
            'public_instances of github.com/grubhub/mdrplib is one',
        },
      ]
    }
    const ruins = bench.quick ? 10 : 40
    const done: Replayed[] = []
    for (const name of (await readdir(folder, { withFileTypes: true }))
      .filter((one) => one.isDirectory())
      .map((one) => one.name)
      .sort()) {
      if (bench.quick && !(name in small)) continue
      const instance = await readInstance(folder, name)
      const startedAt = process.cpuUsage()
      const ours = solved(instance, { effort: 'ruin-and-recreate', ruins })
      const { user, system } = process.cpuUsage(startedAt)
      const cpuMs = (user + system) / 1000 / instance.orders.size
      const nearest = solved(instance, { effort: 'nearest', ruins: 0 })
      const estimated = solved(instance, {
        effort: 'ruin-and-recreate',
        ruins: ruinsEstimated,
        preparation: 'estimated',
        planner: { earlyMs },
      })
      done.push({ name, ours, nearest, estimated, cpuMs })
      bench.progress(`${name}: ${ours.clickToDoorMean.toFixed(2)} min`)
      // Lets signals through.
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (done.length === 0)
      return [{ what: 'not measured: there are no instances in the folder that HANSHU_MDRP names' }]
    const file = await bench.result(
      'dispatch-quality.md',
      tables(done, { ruins, ruinsEstimated, earlyMinutes: earlyMs / 60_000, seed, quick: bench.quick }),
    )
    return rowsOf(done, file)
  },
}

/** Throws where the solution breaks a rule: its figures would say nothing. */
function solved(
  instance: Instance,
  how: Pick<ReplayOptions, 'effort' | 'ruins' | 'preparation' | 'planner'>,
): Measures {
  const solution = replay(instance, { ...how, random: seeded(seed) })
  const broken = violations(instance, solution)
  if (broken.length > 0) throw new Error(`${instance.name}: ${broken.slice(0, 3).join('; ')}`)
  return measure(instance, solution)
}

function rowsOf(done: readonly Replayed[], file: string | undefined): Row[] {
  const rows: Row[] = []
  const cpuMs = done.reduce((sum, one) => sum + one.cpuMs * one.ours.orders, 0) / done.reduce((sum, one) => sum + one.ours.orders, 0) // biome-ignore format: one line
  const known = done.filter(({ name }) => name in small)
  if (known.length > 0) {
    const ours = meanOf(known.map((one) => one.ours))
    const nearest = meanOf(known.map((one) => one.nearest))
    const mean = (of: 'optimum' | 'reyes'): number =>
      known.reduce((sum, { name }) => sum + small[name]![of], 0) / known.length
    const gap = ours.clickToDoorMean / mean('optimum') - 1
    rows.push({
      what:
        `${known.length} small instances, minutes from click to door: optimum ${mean('optimum').toFixed(3)}, Reyes et al. ${mean('reyes').toFixed(3)}, ` +
        `nearest rider ${nearest.clickToDoorMean.toFixed(2)}, ours ${(100 * gap).toFixed(2)} % above the optimum${file ? ` (${file})` : ''}`,
      median: `${ours.clickToDoorMean.toFixed(3)} min`,
      ratio: (ours.clickToDoorMean / mean('reyes')).toFixed(3),
      ...(known.length === Object.keys(small).length
        ? { goal: `≤ ${100 * goalGap} % above`, reached: gap <= goalGap }
        : {}),
    })
  }
  const all = meanOf(done.map(({ ours }) => ours))
  rows.push({
    what:
      `${done.length} instances: undelivered ${all.undeliveredPercent.toFixed(3)} %, p90 ${all.clickToDoorP90.toFixed(2)}, beyond the target ${all.overageMean.toFixed(2)}, ` +
      `ready to pick-up ${all.readyToPickupMean.toFixed(2)}, $${all.dollarsPerOrder.toFixed(2)} an order (Reyes et al. on all 240: ${ofAll.clickToDoorMean}, ${ofAll.undeliveredPercent} %, ` +
      `${ofAll.clickToDoorP90}, ${ofAll.overageMean}, ${ofAll.readyToPickupMean}, $${ofAll.dollarsPerOrder})`,
    median: `${all.clickToDoorMean.toFixed(3)} min`,
    cpu: `${Math.round(1000 * cpuMs).toLocaleString('en')} an order`,
  })
  return rows
}
