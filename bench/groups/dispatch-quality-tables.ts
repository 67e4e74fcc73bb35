/** results/dispatch-quality.md: all figures, of each instance and their means. */
import { type Measures, meanOf } from '../../apps/dispatch/mdrp/measures.ts'
import { ofAll, ofAllEstimated, small, smallReadyToPickup } from './dispatch-quality-published.ts'

export interface Replayed {
  name: string
  ours: Measures
  nearest: Measures
  /** Ours, where only the mean preparation time of each restaurant is known beforehand. */
  estimated: Measures
  /** Of the processor, per order, without reading and checking. */
  cpuMs: number
}

interface How {
  ruins: number
  ruinsEstimated: number
  earlyMinutes: number
  seed: number
  quick: boolean
}

type Known = Partial<Omit<Measures, 'orders'>>

const head = [
  '| | undelivered % | click to door | p90 | beyond 40 | ready to pick-up | p90 | $/order | orders/bundle |',
  '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
]

const line = (what: string, of: Known): string =>
  `| ${[what, figure(of.undeliveredPercent, 3), figure(of.clickToDoorMean, 3), figure(of.clickToDoorP90, 2), figure(of.overageMean, 2), figure(of.readyToPickupMean, 2), figure(of.readyToPickupP90, 2), figure(of.dollarsPerOrder, 2), figure(of.ordersPerBundle, 3)].join(' | ')} |` // biome-ignore format: one line

const figure = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? ''

export function tables(done: readonly Replayed[], how: How): string {
  const known = done.filter(({ name }) => name in small)
  const rest = done.filter(({ name }) => !(name in small))
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const ofKnown = (of: 'reyes' | 'optimum'): Known => ({
    clickToDoorMean: mean(known.map(({ name }) => small[name]![of])),
    ...(known.length === Object.keys(small).length ? { readyToPickupMean: smallReadyToPickup[of] } : {}),
  })
  const ours = (of: readonly Replayed[]): Measures => meanOf(of.map((one) => one.ours))
  const nearest = (of: readonly Replayed[]): Measures => meanOf(of.map((one) => one.nearest))
  const estimated = (of: readonly Replayed[]): Measures => meanOf(of.map((one) => one.estimated))
  const estimatedSays = `ours, preparation estimated (${how.ruinsEstimated} ruins, ${how.earlyMinutes} min early)`
  return [
    '# Dispatch: the meal delivery routing problem',
    '',
    `A tick each minute, ${how.ruins} ruins in it, seed ${how.seed}${how.quick ? ', **quick run**' : ''}. Minutes; a figure of several instances is the mean of theirs.`,
    'All solutions keep the official rules (`apps/dispatch/mdrp/check.ts`). Weights and ruins were chosen on these same instances.',
    '',
    ...(known.length > 0
      ? [
          `## The ${known.length} small instances of table 4 of Reyes et al.`,
          '',
          ...head,
          line('ours', ours(known)),
          line('Reyes et al. 2018', ofKnown('reyes')),
          line('optimum, all known beforehand', ofKnown('optimum')),
          line('ours, nearest rider instead', nearest(known)),
          line(estimatedSays, estimated(known)),
          '',
        ]
      : []),
    ...(rest.length > 0
      ? [
          `## ${rest.length} others`,
          '',
          'Reyes et al. tell no figures of these alone: theirs are of all 240 instances, and no more than a hint here.',
          '',
          ...head,
          line('ours', ours(rest)),
          line('ours, nearest rider instead', nearest(rest)),
          line(estimatedSays, estimated(rest)),
          line('Reyes et al. 2018, all 240', ofAll),
          line('Reyes et al. 2018, all 240, preparation estimated', ofAllEstimated),
          '',
        ]
      : []),
    '## Each',
    '',
    'Where ours is below the optimum, the published figure cannot be one by these rules.',
    '',
    '| | orders | ours | Reyes et al. | optimum | above it | nearest rider | undelivered % | CPU ms/order |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...done.map((one) => {
      const published = small[one.name]
      const above = published && `${(100 * (one.ours.clickToDoorMean / published.optimum - 1)).toFixed(2)} %`
      const cells = [one.name, one.ours.orders, figure(one.ours.clickToDoorMean, 2), figure(published?.reyes, 2), figure(published?.optimum, 2), above ?? '', figure(one.nearest.clickToDoorMean, 2), figure(one.ours.undeliveredPercent, 2), figure(one.cpuMs, 1)] // biome-ignore format: one line
      return `| ${cells.join(' | ')} |`
    }),
    '',
  ].join('\n')
}
