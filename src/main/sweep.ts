import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

const everyMaxMs = 3_600_000

/** Lets each part sweep now and then: at least twice in the time for which code may lie unused. */
export function sweepNowAndThen({ config, clock, log, closing }: Foundation, parts: readonly Part[]): void {
  const everyMs = Math.min(everyMaxMs, config.HANSHU_UNUSED_CODE_SECONDS * 500)
  const sweepAll = async () => {
    for (const part of parts) {
      await part
        .sweep?.()
        .catch((error: unknown) => log.warn({ err: error }, 'sweeping failed; it is tried again'))
    }
  }
  let cancel = () => {}
  const again = () => {
    cancel = clock.after(everyMs, () => void sweepAll().finally(again))
  }
  again()
  closing.push(() => cancel())
}
