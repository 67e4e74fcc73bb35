import { fieldsOf, rootNamed, xmlBody } from '../document.ts'
import { invalidElement, missingReceiptHandle, outOfRange } from '../errors.ts'
import { BATCH_MAX } from '../message.ts'
import { operation, xmlReply } from '../product.ts'

/** Deletes those that it can; the others are named in an answer of 404. */
export const batchDeleteMessage = operation({
  name: 'BatchDeleteMessage',
  route: 'DELETE /queues/{queue}/messages',
  body: xmlBody,
  dataPlane: true,

  async handle({ path: { queue: name }, body }, { queues }) {
    return queues.use(name, async (queue) => {
      if (!body) throw missingReceiptHandle()
      const { children } = rootNamed(body, 'ReceiptHandles')
      if (children.length === 0) throw missingReceiptHandle()
      if (children.length > BATCH_MAX)
        throw outOfRange('ReceiptHandles', { min: 1, max: BATCH_MAX, unit: '' })
      const handles = children.map((child) => {
        if (child.name !== 'ReceiptHandle') throw invalidElement(child.name)
        fieldsOf(child, [])
        return child.text.trim()
      })
      const refused = await queue.delete(handles)
      if (refused.size === 0) return { status: 204 }
      const errors = [...refused].map(([handle, { code, message }]) => ({
        ErrorCode: code,
        ErrorMessage: message,
        ReceiptHandle: handle,
      }))
      return xmlReply(404, 'Errors', { Error: errors })
    })
  },
})
