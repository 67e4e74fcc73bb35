import type { RecordStore, StoredRecord } from '../../ports/records.ts'
import { ApiError } from '../../wire/api-error.ts'
import { QUEUES } from './keys.ts'
import type { LiveQueues } from './live-queues.ts'
import type { QueueRecord } from './queue.ts'

const PAGE = 256

/** Goes through all queues for messages that are older than they are kept; those that are received go there and then. */
export async function removeExpired({
  records,
  queues,
}: {
  records: RecordStore
  queues: LiveQueues
}): Promise<void> {
  let after: string | undefined
  for (;;) {
    const page: StoredRecord<QueueRecord>[] = await records.list({
      prefix: QUEUES,
      ...(after === undefined ? {} : { after }),
      limit: PAGE,
    })
    for (const { value } of page) {
      try {
        await queues.use(value.name, (queue) => queue.removeExpired())
      } catch (error) {
        // It was deleted since the list was read.
        if (!(error instanceof ApiError && error.code === 'QueueNotExist')) throw error
      }
    }
    if (page.length < PAGE) return
    after = page.at(-1)!.key
  }
}
