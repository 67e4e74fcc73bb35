/** The vocabulary of operations of the control plane. */
import type { XmlContent } from '../../../lib/xml.ts'
import { conditionsOf } from '../../../wire/access.ts'
import type { RpcOperation } from '../../../wire/rpc/rpc-server.ts'
import { authorize, type Wanted } from '../access.ts'
import type { AccessPoint } from '../access-point.ts'
import { accessDenied } from '../errors.ts'
import type { EventRules } from '../event-rule.ts'
import type { QueuesContext } from '../product.ts'
import { type Parameters, requireParameter } from './parameters.ts'

/** What all of them use. */
export type ControlPlaneNeeds = Pick<
  QueuesContext,
  'records' | 'queues' | 'janitor' | 'clock' | 'ids' | 'access' | 'region' | 'reachOf'
> & { eventRules: EventRules; accessPoint: AccessPoint }

/** What one call may use. */
export type ControlPlaneContext = ControlPlaneNeeds &
  Pick<QueuesContext, 'accountId' | 'principal' | 'conditions' | 'origin'>

export type ControlPlaneOperation = RpcOperation<ControlPlaneNeeds>

type Handle = (parameters: Parameters, context: ControlPlaneContext) => Promise<XmlContent>

/** An operation that asks for its right itself. What it answers is the `Data` of its answer. */
export const rpcOperation = (name: string, handle: Handle): ControlPlaneOperation => ({
  name,
  async handle({ parameters, head, accountId, principal }, needs) {
    // The key is for one upload of an object.
    if (!principal) throw accessDenied()
    const data = await handle(parameters, {
      ...needs,
      accountId,
      principal,
      conditions: () => conditionsOf(head),
      origin: `http://${head.headers.host ?? ''}`,
    })
    return {
      Code: 200,
      Status: 'Success',
      Success: true,
      Message: 'operation success',
      ...(data === undefined ? {} : { Data: data }),
    }
  },
})

/** An operation that is allowed to those who have this right. */
export const operationWanting = (
  name: string,
  wanted: (parameters: Parameters) => Wanted,
  handle: Handle,
): ControlPlaneOperation =>
  rpcOperation(name, (parameters, context) => {
    authorize(context, wanted(parameters))
    return handle(parameters, context)
  })

/** On the queue that its parameters name: asked about as that of the other API which has its name. */
export const queueOperation = (
  name: string,
  handle: (queueName: string, parameters: Parameters, context: ControlPlaneContext) => Promise<XmlContent>,
) =>
  rpcOperation(name, async (parameters, context) => {
    const queueName = requireParameter(parameters, 'QueueName')
    authorize(context, { action: name, path: `/queues/${queueName}` })
    return handle(queueName, parameters, context)
  })

export const topicOperation = (
  name: string,
  handle: (topicName: string, parameters: Parameters, context: ControlPlaneContext) => Promise<XmlContent>,
) =>
  rpcOperation(name, async (parameters, context) => {
    const topicName = requireParameter(parameters, 'TopicName')
    authorize(context, { action: name, path: `/topics/${topicName}` })
    return handle(topicName, parameters, context)
  })

export const subscriptionOperation = (
  name: string,
  handle: (
    place: { topic: string; name: string },
    parameters: Parameters,
    context: ControlPlaneContext,
  ) => Promise<XmlContent>,
) =>
  rpcOperation(name, async (parameters, context) => {
    const topic = requireParameter(parameters, 'TopicName')
    const subscription = requireParameter(parameters, 'SubscriptionName')
    authorize(context, { action: name, path: `/topics/${topic}/subscriptions/${subscription}` })
    return handle({ topic, name: subscription }, parameters, context)
  })

/** What the vendor repeats as `Data` of operations that make or remove something, where its models have an object for it. */
export const done = { Code: 200, Message: 'operation success', Success: true } as const
