/** Removes what deleted queues, topics and subscriptions left, page by page, while others go on. */
import type { Logger } from '../../lib/logger.ts'
import type { RecordStore, Write } from '../../ports/records.ts'
import { DOOMED, doomedKey, prefixesOfId, subscriptionsPrefix } from './keys.ts'
import type { SubscriptionRecord } from './topic.ts'

/** Records that one commit removes. */
const PAGE = 256

export interface Janitor {
  /** Begins to, if it is not under way. */
  removeSoon(): void
  /** Until nothing is left that was doomed before. */
  removeAll(): Promise<void>
  close(): Promise<void>
}

export function janitor({ records, log }: { records: RecordStore; log: Logger }): Janitor {
  let running: Promise<void> | undefined
  let again = false
  let isClosed = false

  async function run(): Promise<void> {
    do {
      again = false
      for (;;) {
        const doomed = await records.list({ prefix: DOOMED, limit: PAGE })
        if (doomed.length === 0) break
        for (const { key } of doomed) {
          await removeId(key.slice(DOOMED.length))
          if (isClosed) return
        }
      }
    } while (again)
  }

  async function removeId(id: string): Promise<void> {
    for (const prefix of prefixesOfId(id)) {
      for (;;) {
        const page = await records.list<unknown>({ prefix, limit: PAGE })
        if (page.length === 0) break
        const writes: Write[] = page.map(({ key }) => ({ remove: key }))
        if (prefix === subscriptionsPrefix(id)) {
          // What waits for the subscribers of a topic goes with it.
          for (const { value } of page as { value: SubscriptionRecord }[]) {
            writes.push({ put: doomedKey(value.subscriptionId), value: {} })
          }
        }
        await records.commit(writes)
        if (isClosed) return
      }
    }
    await records.commit([{ remove: doomedKey(id) }])
  }

  const removeAll = (): Promise<void> => {
    again = true
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    removeAll,
    removeSoon() {
      removeAll().catch((error: unknown) =>
        log.warn({ err: error }, 'what was deleted could not be removed; it is tried again'),
      )
    },
    async close() {
      isClosed = true
      // Why it failed was said already.
      await running?.catch(() => {})
    },
  }
}
