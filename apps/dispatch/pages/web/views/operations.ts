/** The operations page: the city as it is now, how the day goes, and who decides. */
import { ApiFailure } from '../api/client.ts'
import type { Overview, Rider, Shop } from '../api/contract.ts'
import { openOrders } from '../api/known-orders.ts'
import { pageOrders } from '../base/orders-feed.ts'
import { explain, type PageView, type Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import { dispatcherCard, figures, functionsCard } from './operations-figures.ts'
import { operationsMap } from './operations-map.ts'
import { peakCard } from './operations-peak.ts'
import { reportsCard } from './operations-reports.ts'
import { waitingCard } from './operations-waiting.ts'
import { failed, loading } from './order-parts.ts'

const LOOK_MS = 2_500
/** A city of ten thousand riders is a long answer: no more than a fifth of the time is spent on asking for it. */
const REST_FACTOR = 4
/** Of the dispatcher's ticks: five minutes. */
const TICKS_MAX = 120

export function operationsPage(shell: Shell): PageView {
  const { api } = shell
  let overview: Overview | undefined
  let riders: readonly Rider[] = []
  let shops: readonly Shop[] = []
  let failure: ApiFailure | undefined
  let ticks: readonly number[] = []
  let chosen: string | undefined
  let isClosed = false
  let stopLooking = () => {}
  const orders = pageOrders(shell)
  const map = operationsMap(shell, choose)
  const peak = peakCard(shell)
  const reports = reportsCard(shell)

  function choose(id: string | undefined): void {
    chosen = id
    shell.update()
  }

  async function look(): Promise<void> {
    stopLooking()
    const startedMs = performance.now()
    try {
      const [seen, known] = await Promise.all([
        api.get<Overview>('overview'),
        api.get<{ riders: Rider[] }>('riders'),
      ])
      overview = seen
      riders = known.riders
      ticks = [...ticks, seen.dispatcher.tickMs].slice(-TICKS_MAX)
      failure = undefined
      if (shops.length === 0) shops = (await api.get<{ shops: Shop[] }>('shops')).shops
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error
      if (error.status === 401) return shell.end()
      failure = error
    }
    if (isClosed) return
    shell.update()
    const spentMs = performance.now() - startedMs
    stopLooking = shell.after(Math.max(LOOK_MS, REST_FACTOR * spentMs), () => void look())
  }
  void look()

  function view(): Picture {
    const words = shell.words()
    if (!overview) {
      return failure
        ? failed(explain(words, failure), words.t('app.again'), () => void look())
        : loading(words)
    }
    const open = openOrders(orders.known())
    const nowMs = shell.nowMs()
    return h(
      'div',
      { key: 'operations', class: 'operations' },
      h('h1', { class: 'unseen' }, words.t('page.operations')),
      failure &&
        h(
          'p',
          { class: 'warning', role: 'alert', key: 'stale' },
          words.t('ops.stale', { why: explain(words, failure) }),
        ),
      figures(overview, open, nowMs, words, shell.format()),
      map.view({ orders: open, riders, shops, chosen }),
      waitingCard(shell, { orders: open, riders, shops, chosen }, choose),
      peak.view(overview),
      dispatcherCard(overview, ticks, words, shell.format()),
      functionsCard(overview, words, shell.format()),
      reports.view(),
    )
  }

  return {
    view,
    close() {
      isClosed = true
      stopLooking()
      map.close()
      orders.close()
    },
  }
}
