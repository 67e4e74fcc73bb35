import type { Machine } from './machine.ts'
import type { Row } from './row.ts'

/** Above this share of the cores, what others do on the machine is in every number. */
const busyShare = 0.75

export function report({
  before,
  after,
  results,
  quick,
  tookMs,
}: {
  before: Machine
  after: Machine
  results: { title: string; rows: Row[] }[]
  quick: boolean
  tookMs: number
}): string {
  const { cores, processor, kernel, memoryGib, versions } = before
  const busy = before.load > cores * busyShare
  return [
    '# Measured',
    '',
    `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, ${quick ? '**quick run: few rounds, rough numbers**, ' : ''}${Math.round(tookMs / 1000)} s. ` +
      `${cores} × ${processor}, ${Math.round(memoryGib)} GiB, Linux ${kernel}. ` +
      `Load before ${before.load.toFixed(1)}, after ${after.load.toFixed(1)} (the bench itself makes load).`,
    '',
    ...(busy
      ? [
          `> **The machine was busy with other work when this began** (load ${before.load.toFixed(1)} on ${cores} cores). Ratios are firmer than absolute numbers; p99 is pessimistic.`,
          '',
        ]
      : []),
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    '',
    '| what | median | p99 | req/s | CPU µs/req (front + rest) | × peer | goal | reached |',
    '| --- | --: | --: | --: | --: | --: | --- | --- |',
    ...results.flatMap(({ title, rows }) => [`| **${title}** | | | | | | | |`, ...rows.map(line)]),
    '',
  ].join('\n')
}

const line = (row: Row): string => {
  const reached = row.reached === undefined ? '' : row.reached ? 'yes' : '**no**'
  const cells = [row.what, row.median, row.p99, row.perSecond, row.cpu, row.ratio, row.goal, reached]
  return `| ${cells.map((cell) => (cell ?? '').replaceAll('|', '\\|')).join(' | ')} |`
}
