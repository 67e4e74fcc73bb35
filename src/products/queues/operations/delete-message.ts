import { none, operation } from '../product.ts'

export const deleteMessage = operation({
  name: 'DeleteMessage',
  route: 'DELETE /queues/{queue}/messages?receipthandle',
  body: none,
  dataPlane: true,

  async handle({ path: { queue: name }, query }, { queues }) {
    const handle = query.get('receipthandle') ?? ''
    const refused = await queues.use(name, (queue) => queue.delete([handle]))
    const why = refused.get(handle)
    if (why) throw why
    return { status: 204 }
  },
})
