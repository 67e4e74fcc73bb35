/** Messages of the platform itself, to a queue or a topic: outcomes of functions, and events of rules. */
import type { Write } from '../../ports/records.ts'
import { ApiError } from '../../wire/api-error.ts'
import type { LiveQueues } from './live-queues.ts'
import { PRIORITY_STANDARD } from './message.ts'
import { checkBodyBytes } from './messages-document.ts'
import type { QueuesContext } from './product.ts'
import { publish } from './publish.ts'

export interface OutcomeMessages {
  /**
   * `place`: `/queues/q`, `/topics/t`, also with `/messages` behind it. Durable when it resolves; what it answers is why it
   * cannot be sent: there is no such place, or it is too large. What is `alongside` is committed with it.
   */
  send(place: string, body: string, hops: number, alongside?: readonly Write[]): Promise<string | undefined>
}

type Needs = Pick<QueuesContext, 'records' | 'deliveries' | 'clock' | 'newMessageId' | 'listeners'>

const placeForm = /^\/?(queues|topics)\/([^/]+)(?:\/messages)?$/

export const outcomeMessages = (context: Needs & { queues: LiveQueues }): OutcomeMessages => ({
  async send(place, body, hops, alongside = []) {
    const [, kind, name = ''] = placeForm.exec(place) ?? []
    try {
      if (kind === 'topics') await publish(name, { body, hops }, context, alongside)
      else if (kind === 'queues') await sendToQueue(context.queues, name, body, alongside)
      else return `'${place}' is neither a queue nor a topic`
      return undefined
    } catch (error) {
      // What another attempt would not change.
      if (error instanceof ApiError && error.status < 500) return error.message
      throw error
    }
  },
})

const sendToQueue = (
  queues: LiveQueues,
  name: string,
  body: string,
  alongside: readonly Write[],
): Promise<void> =>
  queues.use(name, async (queue) => {
    checkBodyBytes(body, queue.record.maximumMessageSize)
    const delayMs = 1000 * queue.record.delaySeconds
    const message = { body, delayMs, priority: PRIORITY_STANDARD, userProperties: [], systemProperties: [] }
    await queue.commit([queue.insertion([message]).change], alongside)
  })
