/** Traffic control: how often an API may be called in a unit of time, by all, by an account, by an app. */
import type { TrafficSpecial, TrafficUnit } from '../../records.ts'
import type { Caller } from '../authentication.ts'
import type { LiveApi } from '../live-api.ts'
import { throttled } from '../refusals.ts'

export interface TrafficRule {
  /** Of the policy or the plugin: what it counted goes on when it is changed. */
  id: string
  unit: TrafficUnit
  apiDefault: number
  userDefault: number | undefined
  appDefault: number | undefined
  apps: ReadonlyMap<string, number>
  users: ReadonlyMap<string, number>
}

export function trafficRule(
  id: string,
  {
    specials,
    ...defaults
  }: {
    unit: TrafficUnit
    apiDefault: number
    userDefault?: number | undefined
    appDefault?: number | undefined
    specials: readonly TrafficSpecial[]
  },
): TrafficRule {
  const ofType = (type: TrafficSpecial['type']) =>
    new Map(specials.filter((each) => each.type === type).map(({ key, value }) => [key, value]))
  return {
    id,
    unit: defaults.unit,
    apiDefault: defaults.apiDefault,
    userDefault: defaults.userDefault,
    appDefault: defaults.appDefault,
    apps: ofType('APP'),
    users: ofType('USER'),
  }
}

const unitMs = { SECOND: 1000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 } as const

/** Counters kept; APIs times apps may be more. Then those that began first are forgotten, and count anew. */
const COUNTERS_MAX = 200_000

interface Counter {
  /** Units since the epoch. */
  window: number
  count: number
}

/** Counts in memory: a restart begins anew. Windows are fixed, and begin with the unit in UTC. */
export class TrafficCounters {
  readonly #counters = new Map<string, Counter>()

  /** Counts a call, unless it is one too many for any of its limits. Throws `ApiError`. */
  admit(
    rule: TrafficRule,
    { apiId, stage }: Pick<LiveApi, 'apiId' | 'stage'>,
    { app }: Caller,
    { accountId, nowMs }: { accountId: string; nowMs: number },
  ): void {
    const window = Math.floor(nowMs / unitMs[rule.unit])
    const place = `${rule.id}/${apiId}/${stage}`
    const limits = limitsFor(rule, app && String(app.appId), accountId)
    const counters = limits.map(({ by, key }) => this.#at(`${place}/${by}/${key}`, window))
    // A call that is refused by one limit does not use up another.
    limits.forEach(({ by, limit }, at) => {
      if (counters[at]!.count >= limit) throw throttled(by)
    })
    for (const counter of counters) counter.count++
  }

  #at(key: string, window: number): Counter {
    const known = this.#counters.get(key)
    if (known?.window === window) return known
    this.#counters.delete(key)
    if (this.#counters.size >= COUNTERS_MAX) this.#counters.delete(this.#counters.keys().next().value!)
    const counter = { window, count: 0 }
    this.#counters.set(key, counter)
    return counter
  }
}

interface Limit {
  by: 'API' | 'APP' | 'USER'
  key: string
  limit: number
}

/** A special limit of an app takes the place of those of apps and accounts; one of an account, of that of accounts. */
function limitsFor(rule: TrafficRule, appId: string | undefined, accountId: string): Limit[] {
  const limits: Limit[] = [{ by: 'API', key: '', limit: rule.apiDefault }]
  if (appId === undefined) return limits
  const special = rule.apps.get(appId)
  if (special !== undefined) return [...limits, { by: 'APP', key: appId, limit: special }]
  const ofUser = rule.users.get(accountId) ?? rule.userDefault
  if (ofUser !== undefined) limits.push({ by: 'USER', key: accountId, limit: ofUser })
  if (rule.appDefault !== undefined) limits.push({ by: 'APP', key: appId, limit: rule.appDefault })
  return limits
}
