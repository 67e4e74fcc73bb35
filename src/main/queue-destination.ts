import type { Destination } from '../compute/async/destinations.ts'
import type { OutcomeMessages } from '../products/queues/outcomes.ts'

const arnForm = /^acs:mns:[^:]*:([^:]*):(.+)$/

/** Queues and topics receive outcomes of asynchronous invocations. They are assembled later than who sends. */
export const queueDestination = (messages: () => OutcomeMessages): Destination => ({
  kind: 'mns',
  async send({ accountId, arn, body, hops }) {
    const [, account = '', place = ''] = arnForm.exec(arn) ?? []
    if (account !== '' && account !== accountId)
      return { is: 'refused', because: `the destination '${arn}' belongs to another account` }
    const because = await messages().send(place, Buffer.from(body).toString(), hops)
    return because === undefined
      ? { is: 'delivered' }
      : { is: 'refused', because: `the destination '${arn}' refused it: ${because}` }
  },
})
