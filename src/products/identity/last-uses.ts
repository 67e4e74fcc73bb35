/**
 * When each access key was last used: to the moment in memory, and to the hour in the records, so that a key in use
 * costs a write an hour. A key counts as used when it is judged whether its user may do something.
 */
import type { Clock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import { lastUseKey, recordKey } from './records.ts'

export interface LastUses {
  /** Costs no more than a look into a map; what is written is written behind it. */
  note(accessKeyId: string): void
  /** `2026-01-01T00:00:00Z`; empty: never. */
  of(accessKeyId: string): Promise<string>
}

interface Use {
  lastMs: number
  /** Until then nothing of this key is written. */
  writeAfterMs: number
}

const WRITE_EVERY_MS = 3_600_000
/** After a write that failed. */
const RETRY_AFTER_MS = 60_000

/** `has`: whether there is such a key; of others nothing stays in memory. */
export function lastUses({
  records,
  clock,
  has,
}: {
  records: RecordStore
  clock: Clock
  has(accessKeyId: string): boolean
}): LastUses {
  const uses = new Map<string, Use>()
  /** Of keys that are gone, those in memory are dropped when there are twice as many as after the last time. */
  let sweepAt = 100

  function sweep(): void {
    if (uses.size < sweepAt) return
    for (const accessKeyId of uses.keys()) if (!has(accessKeyId)) uses.delete(accessKeyId)
    sweepAt = Math.max(100, 2 * uses.size)
  }

  function write(accessKeyId: string, use: Use, nowMs: number): void {
    use.writeAfterMs = nowMs + WRITE_EVERY_MS
    const written = records.commit([
      { check: recordKey('accessKeys', accessKeyId), expect: 'present' },
      { put: lastUseKey(accessKeyId), value: { lastMs: nowMs } },
    ])
    written.catch(() => {
      // Nothing depends on it but an answer about the time before a restart, and the next use tries again; of a key
      // that is gone there is none.
      use.writeAfterMs = nowMs + RETRY_AFTER_MS
    })
  }

  return {
    note(accessKeyId) {
      const nowMs = clock.now()
      let use = uses.get(accessKeyId)
      if (!use) {
        sweep()
        use = { lastMs: nowMs, writeAfterMs: nowMs }
        uses.set(accessKeyId, use)
      }
      use.lastMs = nowMs
      if (nowMs >= use.writeAfterMs) write(accessKeyId, use, nowMs)
    },

    async of(accessKeyId) {
      const lastMs =
        uses.get(accessKeyId)?.lastMs ??
        (await records.get<{ lastMs: number }>(lastUseKey(accessKeyId)))?.value.lastMs
      return lastMs === undefined ? '' : `${new Date(lastMs).toISOString().slice(0, 19)}Z`
    },
  }
}
