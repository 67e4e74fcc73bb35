/** "Valid values: [0,3600]. Unit: seconds." Longer delays are for a timer. */
const secondsMax = 3600

/**
 * The header `x-fc-async-delay`: how long an asynchronous invocation waits before it is called, in ms; 0 where it is
 * absent, undefined where it is no whole number of seconds in range.
 */
export function asyncDelayMs(header: string | undefined): number | undefined {
  if (!header) return 0
  if (!/^\d{1,4}$/.test(header) || Number(header) > secondsMax) return undefined
  return Number(header) * 1000
}

export const asyncDelayRule = `x-fc-async-delay must be a whole number of seconds from 0 to ${secondsMax}`
