import { integerOf } from '../document.ts'
import { missingReceiptHandle, missingVisibilityTimeout } from '../errors.ts'
import { none, operation, xmlReply } from '../product.ts'
import { rangeOf } from '../queue.ts'

export const changeMessageVisibility = operation({
  name: 'ChangeMessageVisibility',
  route: 'PUT /queues/{queue}/messages',
  body: none,
  dataPlane: true,

  async handle({ path: { queue: name }, query }, { queues }) {
    return queues.use(name, async (queue) => {
      const handle = query.get('receipthandle')
      const timeout = query.get('visibilitytimeout')
      if (handle === null) throw missingReceiptHandle()
      if (timeout === null) throw missingVisibilityTimeout()
      const timeoutSeconds = integerOf(timeout, 'VisibilityTimeout', rangeOf('visibilityTimeout'))
      const changed = await queue.changeVisibility(handle, timeoutSeconds * 1000)
      return xmlReply(200, 'ChangeVisibility', {
        ReceiptHandle: changed.handle,
        NextVisibleTime: changed.nextVisibleMs,
      })
    })
  },
})
