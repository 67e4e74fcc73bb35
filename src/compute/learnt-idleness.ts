import type { RecordStore, Write } from '../ports/records.ts'
import type { IdleHistogram } from './scaling/idle-histogram.ts'

type Learnt = Iterable<[key: string, histogram: IdleHistogram]>

const prefix = 'compute/idleness/'
const batch = 100

/** What was learnt of idle times, kept over restarts. An hour of it may be lost: it is a guess, not a promise. */
export function learntIdleness(records: RecordStore): {
  load(): Promise<[string, IdleHistogram][]>
  /** Writes what has changed since the last time, and removes what was forgotten. */
  save(learnt: Learnt): Promise<void>
} {
  let saved = new Map<string, IdleHistogram>()
  return {
    async load() {
      let after: string | undefined
      for (;;) {
        const page = await records.list<IdleHistogram>({ prefix, after, limit: batch })
        for (const { key, value } of page) saved.set(key.slice(prefix.length), value)
        if (page.length < batch) return [...saved]
        after = page.at(-1)!.key
      }
    },

    async save(learnt) {
      const now = new Map(learnt)
      const writes: Write[] = []
      // A histogram is never changed in its place: the same object, the same content.
      for (const [key, value] of now) if (saved.get(key) !== value) writes.push({ put: prefix + key, value })
      for (const key of saved.keys()) if (!now.has(key)) writes.push({ remove: prefix + key })
      for (let from = 0; from < writes.length; from += batch)
        await records.commit(writes.slice(from, from + batch))
      saved = now
    },
  }
}
