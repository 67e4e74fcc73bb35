/** The screen of `hanshu top`, as lines. */
import { type Activity, activity } from './activity.ts'
import type { PlatformStatus } from './platform-status.ts'
import { age, fitted, harmless, milliseconds, perSecond } from './words.ts'

export type SortKey = 'calls' | 'errors' | 'p95' | 'instances'

export const sortKeys: Readonly<Record<string, SortKey>> = {
  c: 'calls',
  e: 'errors',
  p: 'p95',
  i: 'instances',
}

const measures: Readonly<Record<SortKey, (one: Activity) => number>> = {
  calls: ({ calls }) => calls,
  errors: ({ errors }) => errors,
  p95: ({ p95Ms }) => p95Ms ?? -1,
  instances: ({ instancesInAll }) => instancesInAll,
}

/** The most first; among equals those with instances or a queue, then by name: lines that do not move about. */
export function sorted(rows: readonly Activity[], by: SortKey): Activity[] {
  const busy = ({ instancesInAll, queued }: Activity) => (instancesInAll + queued > 0 ? 1 : 0)
  return rows.toSorted(
    (a, b) =>
      measures[by](b) - measures[by](a) ||
      busy(b) - busy(a) ||
      (a.functionName < b.functionName ? -1 : a.functionName > b.functionName ? 1 : 0),
  )
}

interface Column {
  heading: string
  width: number
  sort?: SortKey
  cell(one: Activity): string
}

const state =
  (name: string) =>
  ({ instances }: Activity): string =>
    String(instances[name] ?? 0)

/** With 21 for the name, 80 columns. */
const columns: readonly Column[] = [
  { heading: 'CALLS/S', width: 9, sort: 'calls', cell: ({ calls }) => perSecond(calls) },
  { heading: 'ERR/S', width: 7, sort: 'errors', cell: ({ errors }) => perSecond(errors) },
  { heading: 'P50', width: 7, cell: ({ p50Ms }) => milliseconds(p50Ms) },
  { heading: 'P95', width: 7, sort: 'p95', cell: ({ p95Ms }) => milliseconds(p95Ms) },
  { heading: 'INST', width: 5, sort: 'instances', cell: ({ instancesInAll }) => String(instancesInAll) },
  { heading: 'BUSY', width: 5, cell: state('busy') },
  { heading: 'FROZ', width: 5, cell: state('frozen') },
  { heading: 'QUEUE', width: 7, cell: ({ queued }) => (queued < 100_000 ? String(queued) : '>99999') },
  { heading: 'OLDEST', width: 7, cell: ({ oldestQueuedSeconds }) => age(oldestQueuedSeconds) },
]
const nameWidthMin = 14

export interface TopView {
  status: PlatformStatus
  before: PlatformStatus | undefined
  by: SortKey
  /** Why there is no newer one. */
  problem?: string | undefined
}

/** Three lines of head and one of foot; functions as far as there is room, `rows` lines in all. */
export function topLines(view: TopView, { width, rows }: { width: number; rows: number }): string[] {
  const all = sorted(activity(view.status, view.before), view.by)
  const room = Math.max(0, rows - 5)
  const shown = all.slice(0, all.length > room ? Math.max(0, room - 1) : room)
  const hidden = all.length - shown.length
  const { fitting, nameWidth } = layout(width)
  const body = shown.map(
    (one) =>
      fitted(one.functionName, nameWidth) +
      fitting.map(({ cell, width: w }) => cell(one).padStart(w)).join(''),
  )
  if (all.length === 0) body.push('no function has been called yet')
  if (hidden > 0) body.push(`and ${hidden} more`)
  return [
    bold(harmless(summary(view.status, all)).slice(0, width)),
    harmless(view.problem ?? '').slice(0, width),
    reverse(headings(nameWidth, fitting, view.by).slice(0, width)),
    ...body.map((line) => line.slice(0, width)),
    ...Array.from({ length: Math.max(0, room - body.length) }, () => ''),
    '',
    'sort by: c calls  e errors  p p95  i instances     q quit'.slice(0, width),
  ]
}

function summary(
  { version = '', uptimeSeconds, memory, instances = [], asyncQueue = [] }: PlatformStatus,
  all: readonly Activity[],
): string {
  const busy = instances.filter(({ state: is }) => is === 'busy').length
  const queued = asyncQueue.reduce((total, { waiting }) => total + waiting, 0)
  const calls = all.reduce((total, one) => total + one.calls, 0)
  return [
    `hanshu ${version}, up ${age(uptimeSeconds)}, ${memory?.rssMb ?? '?'} MB`,
    `${perSecond(calls)} calls/s`,
    `${instances.length} instances, ${busy} busy`,
    `${queued} queued`,
  ].join(' | ')
}

function headings(nameWidth: number, fitting: readonly Column[], by: SortKey): string {
  const cells = fitting.map(({ heading, width, sort }) =>
    (sort === by ? `>${heading}` : heading).padStart(width),
  )
  return 'FUNCTION'.padEnd(nameWidth) + cells.join('')
}

/** The columns that there is room for, from the left; the rest is for the name. */
function layout(width: number): { fitting: readonly Column[]; nameWidth: number } {
  let left = width - nameWidthMin
  const fitting = columns.filter((column) => {
    left -= column.width
    return left >= 0
  })
  const taken = fitting.reduce((total, column) => total + column.width, 0)
  return { fitting, nameWidth: Math.max(nameWidthMin, width - taken) }
}

const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`
const reverse = (text: string): string => `\u001b[7m${text}\u001b[27m`
