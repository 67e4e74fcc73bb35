import { stubbornly } from '../orders/change-order.ts'
import type { Caller, OrdersContext } from '../orders/context.ts'
import { forbidden } from '../orders/refusal.ts'
import type { DispatcherStatus } from '../running/status.ts'

export type Overview = { nowMs: number } & DispatcherStatus

const nothing: Omit<DispatcherStatus, 'dispatcher'> = {
  waiting: 0,
  underway: 0,
  deliveredLastHour: 0,
  onTimeShare: 1,
  clickToDoorMs: { mean: 0, p90: 0 },
  perMinute: [],
  riders: { onDuty: 0, busy: 0 },
}

/** As the dispatcher said some seconds ago, with its lease. Without a dispatcher the owner is empty. */
export async function overview({ store, clock, shard }: OrdersContext, caller: Caller): Promise<Overview> {
  if (caller.role !== 'operations') throw forbidden('only operations see the whole city')
  const nowMs = clock.nowMs()
  const lease = await stubbornly(() => store.getLease(shard))
  const told: Partial<DispatcherStatus> = lease === undefined ? {} : JSON.parse(lease.status)
  const isHeld = lease !== undefined && lease.expiresAtMs > nowMs
  const dispatcher = {
    effort: '',
    tickMs: 0,
    decisions: 0,
    map: '',
    ...told.dispatcher,
    owner: isHeld ? lease.owner : '',
    token: lease?.token ?? 0,
  }
  return { nowMs, ...nothing, ...told, dispatcher }
}
