/** What the city is judged by, who decides in it, and how much the functions below have to do. Pure. */
import type { Order, Overview } from '../api/contract.ts'
import type { Format } from '../base/format.ts'
import type { TextKey, Words } from '../base/text.ts'
import { h, type Picture } from '../base/view.ts'
import { bar } from '../charts/bar.ts'
import { sparkline } from '../charts/time-chart.ts'
import { isLate } from './order-parts.ts'

/** From the most thought to the least. */
const EFFORTS: readonly Overview['dispatcher']['effort'][] = [
  'ruin-and-recreate',
  'few-ruins',
  'insertion',
  'insertion-20',
  'matching',
  'nearest',
]

/** Below, a figure is marked: one order in ten is late. */
const ON_TIME_WANTED = 0.9

export function figures(
  overview: Overview,
  open: readonly Order[],
  nowMs: number,
  { t }: Words,
  format: Format,
): Picture {
  const late = open.filter((order) => order.state !== 'CREATED' && isLate(order, nowMs)).length
  const { mean, p90 } = overview.clickToDoorMs
  // Where nothing was delivered, shares and means say nothing.
  const isKnown = overview.deliveredLastHour > 0
  const span = (ms: number) => (isKnown ? format.span(ms) : '–')
  const share = isKnown ? overview.onTimeShare : undefined
  return h(
    'dl',
    { class: 'figures', key: 'figures' },
    figure(t('ops.waiting'), format.count(overview.waiting)),
    figure(
      t('ops.underway'),
      format.count(overview.underway),
      late > 0 ? t('ops.late', { count: late }) : undefined,
      late > 0,
    ),
    figure(t('ops.delivered'), format.count(overview.deliveredLastHour)),
    figure(t('ops.onTime'), format.share(share), undefined, share !== undefined && share < ON_TIME_WANTED),
    figure(t('ops.clickToDoor'), span(mean), t('ops.p90', { time: span(p90) })),
    figure(
      t('ops.riders'),
      format.count(overview.riders.onDuty),
      t('ops.busy', { share: format.share(overview.riders.busy / overview.riders.onDuty) }),
    ),
  )
}

const figure = (name: string, value: string, more?: string, isBad = false): Picture =>
  h(
    'div',
    { key: name, class: isBad ? 'card figure figure-bad' : 'card figure' },
    h('dt', {}, name),
    h('dd', { class: 'big number' }, value),
    more !== undefined && h('dd', { class: 'soft small' }, more),
  )

export function dispatcherCard(
  { dispatcher }: Overview,
  ticks: readonly number[],
  { t }: Words,
  format: Format,
): Picture {
  const level = EFFORTS.indexOf(dispatcher.effort)
  const foreign = dispatcher.map !== 'own'
  return h(
    'section',
    { class: 'card area-dispatcher', key: 'dispatcher', 'aria-labelledby': 'dispatcher-title' },
    h('h2', { id: 'dispatcher-title' }, t('ops.dispatcher')),
    !dispatcher.owner && h('p', { class: 'warning', role: 'alert' }, t('ops.noOwner')),
    h(
      'dl',
      { class: 'facts' },
      fact(t('ops.owner'), h('code', { title: dispatcher.owner ?? '' }, dispatcher.owner ?? '–')),
      fact(t('ops.token'), format.count(dispatcher.token)),
      fact(t('ops.decisions'), format.count(dispatcher.decisions)),
      fact(
        t('ops.map'),
        h(
          'span',
          { class: foreign && dispatcher.map !== 'amap' ? 'late' : '' },
          t(`ops.map.${dispatcher.map}` as TextKey),
        ),
      ),
      fact(t('ops.tick'), format.milliseconds(dispatcher.tickMs)),
    ),
    ticks.length > 1 && sparkline(ticks, { width: 280, height: 36, label: t('ops.ticks') }),
    h('h3', {}, t('ops.effort')),
    h(
      'ol',
      { class: 'ladder' },
      EFFORTS.map((effort, at) =>
        h(
          'li',
          {
            key: effort,
            class: at === level ? 'rung rung-now' : 'rung',
            'aria-current': at === level ? 'true' : undefined,
          },
          t(`effort.${effort}` as TextKey),
        ),
      ),
    ),
  )
}

const fact = (name: string, value: string | Picture): Picture =>
  h('div', { key: name }, h('dt', { class: 'soft' }, name), h('dd', { class: 'number' }, value))

export function functionsCard({ functions }: Overview, { t }: Words, format: Format): Picture {
  const most = Math.max(1, ...(functions ?? []).map((one) => one.callsPerMinute))
  return h(
    'section',
    { class: 'card area-functions', key: 'functions', 'aria-labelledby': 'functions-title' },
    h('h2', { id: 'functions-title' }, t('ops.functions')),
    !functions || functions.length === 0
      ? h('p', { class: 'soft' }, t('ops.functions.none'))
      : h(
          'div',
          { class: 'scroll', tabindex: '0', role: 'group', 'aria-labelledby': 'functions-title' },
          h(
            'table',
            {},
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                (['name', 'calls', 'errors', 'mean', 'instances'] as const).map((column) =>
                  h(
                    'th',
                    { key: column, scope: 'col', class: column === 'name' ? '' : 'number' },
                    t(`ops.functions.${column}`),
                  ),
                ),
              ),
            ),
            h(
              'tbody',
              {},
              functions.map((one) =>
                h(
                  'tr',
                  { key: one.name },
                  h('th', { scope: 'row' }, one.name, bar(one.callsPerMinute / most)),
                  h('td', { class: 'number' }, format.count(one.callsPerMinute)),
                  h(
                    'td',
                    { class: one.errorsPerMinute > 0 ? 'number late' : 'number' },
                    format.count(one.errorsPerMinute),
                  ),
                  h('td', { class: 'number' }, format.milliseconds(one.meanMs)),
                  h('td', { class: 'number' }, format.count(one.instances)),
                ),
              ),
            ),
          ),
        ),
  )
}
