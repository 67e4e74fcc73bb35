import type { XmlContent } from '../../../../lib/xml.ts'
import { QUEUES } from '../../keys.ts'
import { ApiError } from '../../product.ts'
import type { QueueRecord } from '../../queue.ts'
import { hasTags } from '../../tags.ts'
import { countedPage, describePage } from '../pages.ts'
import { checkKnown, checkType, tagsOf } from '../parameters.ts'
import { describe } from '../queues.ts'
import { operationWanting } from '../vocabulary.ts'

export const listQueue = operationWanting(
  'ListQueue',
  () => ({ action: 'ListQueue', path: '/queues' }),
  async (parameters, { records, queues }) => {
    checkKnown(parameters, ['PageNum', 'PageSize', 'QueueName', 'QueueType', 'Tag'])
    checkType(parameters, 'QueueType')
    const wanted = tagsOf(parameters)
    const page = await countedPage<QueueRecord>(
      records,
      parameters,
      { within: QUEUES, namePrefix: parameters.get('QueueName') },
      ({ tags }) => hasTags(tags, wanted),
    )
    const described: XmlContent[] = []
    for (const { name } of page.items) {
      try {
        described.push(await queues.use(name, async (queue) => describe(queue.record, await queue.counts())))
      } catch (error) {
        // It was deleted since the list was read.
        if (!(error instanceof ApiError && error.code === 'QueueNotExist')) throw error
      }
    }
    return describePage(page, described)
  },
)
