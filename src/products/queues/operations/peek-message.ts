import { integerOf } from '../document.ts'
import { messageNotExist } from '../errors.ts'
import { BATCH_MAX } from '../message.ts'
import { describeMessage } from '../messages-document.ts'
import { none, operation, xmlReply } from '../product.ts'

/** PeekMessage, and BatchPeekMessage where `numOfMessages` is given. */
export const peekMessage = operation({
  name: 'PeekMessage',
  route: 'GET /queues/{queue}/messages?peekonly=true',
  body: none,
  dataPlane: true,

  async handle({ path: { queue: name }, query }, { queues }) {
    const number = query.get('numofmessages')
    const limit =
      number === null ? 1 : integerOf(number, 'numOfMessages', { min: 1, max: BATCH_MAX, unit: '' })
    return queues.use(name, async (queue) => {
      const found = await queue.peek(limit)
      if (found.length === 0) throw messageNotExist()
      const described = found.map(describeMessage)
      return number === null
        ? xmlReply(200, 'Message', described[0])
        : xmlReply(200, 'Messages', { Message: described })
    })
  },
})
