import { rootNamed, xmlBody } from '../document.ts'
import { bodyMd5 } from '../message.ts'
import { hopsOf, operation, xmlReply } from '../product.ts'
import { publish, readTopicMessage } from '../publish.ts'

export const publishMessage = operation({
  name: 'PublishMessage',
  route: 'POST /topics/{topic}/messages',
  body: xmlBody,
  dataPlane: true,

  async handle({ path: { topic: name }, body }, context) {
    const message = { ...readTopicMessage(rootNamed(body, 'Message')), hops: hopsOf(context.principal) }
    const { messageId, body: text } = await publish(name, message, context)
    return xmlReply(201, 'Message', { MessageId: messageId, MessageBodyMD5: bodyMd5(text) })
  },
})
