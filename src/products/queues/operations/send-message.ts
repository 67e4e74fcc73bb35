import { rootNamed, xmlBody } from '../document.ts'
import { invalidElement, outOfRange } from '../errors.ts'
import { BATCH_MAX, bodyMd5 } from '../message.ts'
import { readMessage } from '../messages-document.ts'
import { operation, xmlReply } from '../product.ts'

/** SendMessage, and BatchSendMessage where the document has `<Messages>`; all messages of a batch are sent, or none. */
export const sendMessage = operation({
  name: 'SendMessage',
  route: 'POST /queues/{queue}/messages',
  body: xmlBody,
  dataPlane: true,

  async handle({ path: { queue: name }, body: document }, { queues }) {
    return queues.use(name, async (queue) => {
      const isBatch = document?.name === 'Messages'
      const elements = isBatch ? document.children : [rootNamed(document, 'Message')]
      if (elements.length === 0) throw invalidElement('Messages')
      if (elements.length > BATCH_MAX) throw outOfRange('Messages', { min: 1, max: BATCH_MAX, unit: '' })
      const messages = elements.map((element) => readMessage(element, queue.record))
      const sent = await queue.send(messages)
      const described = sent.map(({ messageId, handle }, index) => ({
        MessageId: messageId,
        MessageBodyMD5: bodyMd5(messages[index]!.body),
        ReceiptHandle: handle,
      }))
      return isBatch
        ? xmlReply(201, 'Messages', { Message: described })
        : xmlReply(201, 'Message', described[0])
    })
  },
})
