/** Reports from the riding log: a table of what came back, with bars for its largest column of numbers. */
import { ApiFailure } from '../api/client.ts'
import type { Report } from '../api/contract.ts'
import { explain, type Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import { bar } from '../charts/bar.ts'

const NAMES = ['hours', 'riders', 'merchants'] as const
type Name = (typeof NAMES)[number]

const DAY_MS = 86_400_000
const ROWS_MAX = 100

export interface ReportsCard {
  view(): Picture
}

export function reportsCard(shell: Shell): ReportsCard {
  let name: Name = 'hours'
  let report: Report | undefined
  let failure: ApiFailure | undefined

  function load(next: Name): void {
    name = next
    report = undefined
    failure = undefined
    const toMs = Math.ceil(shell.nowMs())
    shell.act('report', async () => {
      try {
        const answer = await shell.api.get<Report>(`reports/${next}?from=${toMs - DAY_MS}&to=${toMs}`)
        if (next === name) report = answer
      } catch (error) {
        if (!(error instanceof ApiFailure) || error.status === 401) throw error
        failure = error
      }
    })
  }

  function table({ columns, rows }: Report): Picture {
    const { t } = shell.words()
    const format = shell.format()
    if (rows.length === 0) return h('p', { class: 'soft hollow' }, t('report.empty'))
    const measured = columns.findIndex((_, at) => at > 0 && typeof rows[0]?.[at] === 'number')
    const most = Math.max(1, ...rows.map((row) => Number(row[measured] ?? 0)))
    const cell = (value: string | number | null) =>
      value === null ? '–' : typeof value === 'number' ? format.measure(value) : value
    return h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-labelledby': 'reports-title' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            columns.map((column, at) =>
              h('th', { key: String(at), scope: 'col', class: at > 0 ? 'number' : '' }, column),
            ),
          ),
        ),
        h(
          'tbody',
          {},
          rows.slice(0, ROWS_MAX).map((row, index) =>
            h(
              'tr',
              { key: String(index) },
              row.map((value, at) =>
                at === 0
                  ? h(
                      'th',
                      { key: '0', scope: 'row' },
                      cell(value),
                      measured > 0 && bar(Number(row[measured] ?? 0) / most),
                    )
                  : h('td', { key: String(at), class: 'number' }, cell(value)),
              ),
            ),
          ),
        ),
      ),
      rows.length > ROWS_MAX &&
        h('p', { class: 'soft small' }, t('ops.more', { count: rows.length - ROWS_MAX })),
    )
  }

  return {
    view() {
      const { t } = shell.words()
      return h(
        'section',
        { class: 'card area-reports', key: 'reports', 'aria-labelledby': 'reports-title' },
        h(
          'div',
          { class: 'row report-heading' },
          h('h2', { id: 'reports-title', class: 'grow' }, t('report.title')),
          NAMES.map((one) =>
            h(
              'button',
              {
                type: 'button',
                key: one,
                class: report && one === name ? 'chosen' : '',
                'aria-pressed': report && one === name ? 'true' : 'false',
                disabled: shell.isBusy('report'),
                click: () => load(one),
              },
              t(`report.${one}`),
            ),
          ),
        ),
        failure && h('p', { class: 'warning', role: 'alert' }, explain(shell.words(), failure)),
        report
          ? table(report)
          : !failure &&
              h('p', { class: 'soft' }, t(shell.isBusy('report') ? 'app.loading' : 'report.choose')),
      )
    },
  }
}
