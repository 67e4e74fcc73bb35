import type { AcceptedEvent } from './acceptance.ts'
import { AcceptedBefore, QueueFull, TargetGone } from './acceptance.ts'
import type { Destination } from './destinations.ts'

const functionArn = /^acs:fc:[^:]*:([^:]*):functions\/([^/]+)(?:\/([^/]+))?$/

/** A function is a destination by being invoked asynchronously with the outcome. */
export function functionDestination(accept: (event: AcceptedEvent) => Promise<void>): Destination {
  return {
    kind: 'fc',
    async send({ accountId, arn, requestId, body, hops }) {
      const [, account, functionName, qualifier = 'LATEST'] = functionArn.exec(arn) ?? []
      if (functionName === undefined)
        return { is: 'refused', because: `the destination '${arn}' is not a function` }
      if (account !== '' && account !== accountId)
        return { is: 'refused', because: `the destination '${arn}' belongs to another account` }
      try {
        await accept({ accountId, functionName, qualifier, requestId, event: body, hops })
        return { is: 'delivered' }
      } catch (error) {
        if (error instanceof AcceptedBefore) return { is: 'delivered' }
        if (error instanceof TargetGone)
          return { is: 'refused', because: `the destination '${arn}' does not exist` }
        if (error instanceof QueueFull) return { is: 'later', because: error.message }
        throw error
      }
    },
  }
}
