/**
 * How fast the number of instances of an account may grow: at once up to a burst, then so many a minute (the vendor's
 * page "Limits and rules of instance scaling"). A plain value and pure functions; times are of one monotonic clock, ms.
 */
export interface GrowthSettings {
  /** Instances that may be added at once. */
  burstMax: number
  perMinute: number
}

/** Of Hangzhou, Shanghai, Beijing, Zhangjiakou and Shenzhen; elsewhere both are 100. */
export const growthSettings: GrowthSettings = { burstMax: 300, perMinute: 300 }

export interface Growth {
  /** Instances that may be added, as of `atMs`; a fraction of one is on its way. */
  readonly allowance: number
  readonly atMs: number
}

export const fullGrowth = ({ burstMax }: GrowthSettings, nowMs: number): Growth => ({
  allowance: burstMax,
  atMs: nowMs,
})

const minuteMs = 60_000

function grown({ allowance, atMs }: Growth, nowMs: number, { burstMax, perMinute }: GrowthSettings): Growth {
  const passedMs = Math.max(0, nowMs - atMs)
  return {
    allowance: Math.min(burstMax, allowance + (passedMs * perMinute) / minuteMs),
    atMs: Math.max(atMs, nowMs),
  }
}

/** After one more instance, or undefined when the number grows too fast for that. */
export function addInstance(growth: Growth, nowMs: number, settings: GrowthSettings): Growth | undefined {
  const { allowance, atMs } = grown(growth, nowMs, settings)
  return allowance < 1 ? undefined : { allowance: allowance - 1, atMs }
}

/** After an instance has ended: what is limited is the growth of the number, so another may take its place. */
export function removeInstance(growth: Growth, nowMs: number, settings: GrowthSettings): Growth {
  const { allowance, atMs } = grown(growth, nowMs, settings)
  return { allowance: Math.min(settings.burstMax, allowance + 1), atMs }
}
