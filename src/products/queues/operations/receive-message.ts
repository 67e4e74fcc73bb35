import { integerOf } from '../document.ts'
import { messageNotExist } from '../errors.ts'
import { BATCH_MAX } from '../message.ts'
import { describeMessage } from '../messages-document.ts'
import { none, operation, xmlReply } from '../product.ts'
import { rangeOf } from '../queue.ts'

/** ReceiveMessage, and BatchReceiveMessage where `numOfMessages` is given. */
export const receiveMessage = operation({
  name: 'ReceiveMessage',
  route: 'GET /queues/{queue}/messages',
  body: none,
  dataPlane: true,

  async handle({ path: { queue: name }, query }, { queues, signal }) {
    const wait = query.get('waitseconds')
    const number = query.get('numofmessages')
    const waitSeconds =
      wait === null ? undefined : integerOf(wait, 'waitseconds', rangeOf('pollingWaitSeconds'))
    const limit =
      number === null ? 1 : integerOf(number, 'numOfMessages', { min: 1, max: BATCH_MAX, unit: '' })
    return queues.use(name, async (queue) => {
      const waitMs = 1000 * (waitSeconds ?? queue.record.pollingWaitSeconds)
      const received = await queue.receive({ limit, waitMs, signal })
      if (received.length === 0) throw messageNotExist()
      const described = received.map(describeMessage)
      return number === null
        ? xmlReply(200, 'Message', described[0])
        : xmlReply(200, 'Messages', { Message: described })
    })
  },
})
