import { QUEUES } from '../keys.ts'
import { pageOf, wantsAttributes } from '../paging.ts'
import { ApiError, none, operation, type XmlContent, xmlReply } from '../product.ts'
import { describeQueue, type QueueRecord } from '../queue.ts'

export const listQueue = operation({
  name: 'ListQueue',
  route: 'GET /queues',
  body: none,

  async handle({ headers }, { records, queues, origin }) {
    const withAttributes = wantsAttributes(headers)
    const { items, nextMarker } = await pageOf<QueueRecord>(records, QUEUES, headers)
    const listed: XmlContent[] = []
    for (const { name } of items) {
      const url = { QueueURL: `${origin}/queues/${name}` }
      if (!withAttributes) {
        listed.push(url)
        continue
      }
      try {
        listed.push(
          await queues.use(name, async (queue) => ({
            ...url,
            ...(describeQueue(queue.record, await queue.counts()) as object),
          })),
        )
      } catch (error) {
        // It was deleted since the list was read.
        if (!(error instanceof ApiError && error.code === 'QueueNotExist')) throw error
      }
    }
    return xmlReply(200, 'Queues', { Queue: listed, NextMarker: nextMarker })
  },
})
