import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again, soon at first and then less often, until the answer is true; false when the time is over. */
export async function poll(isSo: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 1.5, 50)) {
    if (await isSo()) return true
    if (performance.now() > deadline) return false
    await sleep(waitMs)
  }
}
