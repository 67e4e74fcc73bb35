/** The day as a picture: orders placed and delivered each minute; the gap between them is what the city carries. */
import type { Minute, Overview } from '../api/contract.ts'
import type { Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import { timeChart } from '../charts/time-chart.ts'
import { withMinutes } from './minutes.ts'

const HEIGHT_PX = 290
const MINUTE_MS = 60_000

export interface PeakCard {
  view(overview: Overview): Picture
}

export function peakCard(shell: Shell): PeakCard {
  let chosen: number | undefined
  let width = 720
  let minutes: readonly Minute[] = []

  function chart(perMinute: readonly Minute[]): Picture {
    const { t } = shell.words()
    const format = shell.format()
    const peak = perMinute.reduce(
      (most, minute) => (minute.placed > most.placed ? minute : most),
      perMinute[0]!,
    )
    const at = chosen === undefined ? undefined : perMinute[chosen]
    return h(
      'div',
      {},
      timeChart({
        label: t('peak.label', {
          from: format.clock(perMinute[0]!.atMs),
          to: format.clock(perMinute.at(-1)!.atMs),
          most: peak.placed,
          at: format.clock(peak.atMs),
        }),
        times: perMinute.map(({ atMs }) => atMs),
        series: [
          { name: t('peak.placed'), kind: 'placed', values: perMinute.map(({ placed }) => placed) },
          {
            name: t('peak.delivered'),
            kind: 'delivered',
            values: perMinute.map(({ delivered }) => delivered),
          },
        ],
        clock: format.clock,
        width,
        height: HEIGHT_PX,
        offsetMs: -new Date(perMinute[0]!.atMs).getTimezoneOffset() * MINUTE_MS,
        chosen,
        onChoose(index) {
          chosen = index
          shell.update()
        },
      }),
      h(
        'p',
        { class: 'legend', 'aria-live': 'polite' },
        h('span', { class: 'key placed' }, `${t('peak.placed')}${at ? ` ${at.placed}` : ''}`),
        h('span', { class: 'key delivered' }, `${t('peak.delivered')}${at ? ` ${at.delivered}` : ''}`),
        h(
          'span',
          { class: 'soft' },
          at ? format.clock(at.atMs) : t('peak.most', { most: peak.placed, at: format.clock(peak.atMs) }),
        ),
      ),
    )
  }

  return {
    view(overview) {
      const { t } = shell.words()
      minutes = withMinutes(minutes, overview.perMinute, overview.nowMs)
      const box = document.querySelector('.area-peak')
      // The chart is as wide as its card was at the last picture.
      if (box) width = Math.max(280, box.clientWidth - 34)
      return h(
        'section',
        { class: 'card area-peak', key: 'peak', 'aria-labelledby': 'peak-title' },
        h('h2', { id: 'peak-title' }, t('peak.title')),
        minutes.length < 2 ? h('p', { class: 'soft hollow' }, t('peak.none')) : chart(minutes),
      )
    },
  }
}
