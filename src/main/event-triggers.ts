import { AcceptedBefore, QueueFull, TargetGone } from '../compute/async/acceptance.ts'
import type { AsyncInvocations } from '../compute/async-invocations.ts'
import { allSourceTriggersPrefix, sourceTriggersPrefix } from '../products/functions/keys.ts'
import { functionArn, qualifiedArn } from '../products/functions/names.ts'
import type { EventSources } from '../products/functions/needs.ts'
import { FUNCTION_COMPUTE } from '../products/functions/roles.ts'
import type { SourceTriggerRecord } from '../products/functions/source-trigger.ts'
import { trustsService } from '../products/identity/service-roles.ts'
import { findBucket } from '../products/objects/bucket.ts'
import {
  type ObjectListeners,
  ListenersOverrun as ObjectListenersOverrun,
} from '../products/objects/needs.ts'
import { type TopicListeners, ListenersOverrun as TopicListenersOverrun } from '../products/queues/needs.ts'
import { findTopic } from '../products/queues/topic.ts'
import { type HandedOn, type Outbox, OutboxFull, outbox as openOutbox } from '../triggers/events/outbox.ts'
import {
  type SourceTrigger,
  type SourceTriggers,
  sourceTriggers,
} from '../triggers/events/source-triggers.ts'
import { objectTriggers } from '../triggers/objects/object-triggers.ts'
import { topicTriggers } from '../triggers/queues/topic-triggers.ts'
import { hopsOf, type Principal } from '../wire/signatures/secret-lookup.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

/** A chain of functions, each triggered by what the one before it did, is a circle when it is this long: it ends here. */
const hopsMax = 16
/** "At most 10 native triggers of a bucket." */
const triggersOfBucketMax = 10

export interface EventTriggersPart extends Part {
  triggers: SourceTriggers
  outbox: Outbox
  sources: EventSources
  objectListeners: ObjectListeners
  topicListeners: TopicListeners
  changed(functionName: string): void
}

export function assembleEventTriggers(
  { accountId, region, stores, clock, ids, log, identity, closing }: Foundation,
  { asyncQueue }: { asyncQueue: AsyncInvocations },
): EventTriggersPart {
  const { records } = stores
  const triggers = sourceTriggers({
    list: ({ functionName, ...range }) =>
      records.list<SourceTriggerRecord>({
        prefix:
          functionName === undefined
            ? allSourceTriggersPrefix(accountId)
            : sourceTriggersPrefix(accountId, functionName),
        ...range,
      }),
    reread: (functionName) => outbox.changed(functionName),
  })
  const invocationOf = (
    { requestId, event, hops }: { requestId: string; event: string; hops: number },
    { functionName, qualifier, triggerName }: SourceTrigger,
  ) => ({ accountId, functionName, qualifier, requestId, event: Buffer.from(event), hops, triggerName })

  const outbox = openOutbox({
    records,
    triggers,
    clock,
    log,
    async handOn(event, trigger, alongside): Promise<HandedOn> {
      if (event.hops > hopsMax)
        return {
          is: 'refused',
          because: `${hopsMax} functions led here, each triggered by the one before: it looks like a circle`,
          condition: 'RecursionLimit',
        }
      const denied = whyRoleMayNotInvoke(identity, trigger, { accountId, region, clock })
      if (denied !== undefined) return { is: 'later', because: denied }
      try {
        await asyncQueue.accept(invocationOf(event, trigger), [alongside])
        return { is: 'taken' }
      } catch (error) {
        if (error instanceof QueueFull || error instanceof TargetGone)
          return { is: 'later', because: error.message }
        if (error instanceof AcceptedBefore) return { is: 'later', because: 'it was taken in already' }
        throw error
      }
    },
    bury: (event, trigger, death, alongside) =>
      asyncQueue.bury(invocationOf(event, trigger), death, [alongside]),
  })
  closing.push(() => outbox.close())

  const now = () => clock.now()
  const newRequestId = () => ids.requestId(now())
  const ofObjects = objectTriggers({ triggers, outbox, newRequestId, accountId, region, now })
  const ofTopics = topicTriggers({ triggers, outbox, newRequestId, accountId })
  return {
    triggers,
    outbox,
    sources: {
      stateOf: (trigger) => outbox.state(trigger),
      async flawOf(triggerType, source) {
        if (triggerType === 'mns_topic') {
          const topicName = source.slice('/topics/'.length)
          if (await findTopic(records, topicName)) return undefined
          return `the topic '${topicName}' of SourceArn does not exist`
        }
        if (triggerType !== 'oss') return undefined
        if (!(await findBucket(records, source))) return `the bucket '${source}' of SourceArn does not exist`
        return (await triggers.of('oss', source)).length >= triggersOfBucketMax
          ? `the bucket '${source}' must not have more than ${triggersOfBucketMax} triggers`
          : undefined
      },
    },
    objectListeners: {
      announce: ({ principal, ...event }) =>
        ofObjects
          .announce({ ...event, principalId: principalIdOf(principal, accountId), hops: hopsOf(principal) })
          .catch((error: unknown) => {
            throw error instanceof OutboxFull ? new ObjectListenersOverrun(error.message) : error
          }),
    },
    topicListeners: {
      announce: ({ principal, ...message }) =>
        ofTopics.announce({ ...message, hops: hopsOf(principal) }).catch((error: unknown) => {
          throw error instanceof OutboxFull ? new TopicListenersOverrun(error.message) : error
        }),
    },
    changed: (functionName) => triggers.changed(functionName),
    async start() {
      await outbox.start()
    },
  }
}

/** As events name who did something. */
function principalIdOf(principal: Principal | undefined, accountId: string): string {
  switch (principal?.is) {
    case 'account':
      return accountId
    case 'user':
      return principal.userId
    case 'role':
      return `${principal.roleId}:${principal.sessionName}`
    case 'unknownRole':
      return `${principal.roleArn.split('/').at(-1)}:${principal.sessionName}`
    case undefined:
      return 'anonymous'
  }
}

const services: Readonly<Record<string, string>> = {
  oss: 'oss.aliyuncs.com',
  mns_topic: 'mns.aliyuncs.com',
  tablestore: 'ots.aliyuncs.com',
}

/** Why a product may not invoke the function in the role of the trigger; undefined: it may. Without a role it may. */
export function whyRoleMayNotInvoke(
  identity: Foundation['identity'],
  { functionName, qualifier, triggerType, invocationRole: roleArn }: SourceTrigger,
  { accountId, region, clock }: Pick<Foundation, 'accountId' | 'region' | 'clock'>,
): string | undefined {
  if (roleArn === undefined) return undefined
  const service = services[triggerType] ?? FUNCTION_COMPUTE
  const trusts = (name: string) => trustsService(identity, { roleArn, service: name, clock })
  if (!trusts(service) && !trusts(FUNCTION_COMPUTE))
    return `the role '${roleArn}' does not exist or does not trust '${service}'`
  const found = identity.roleOf(roleArn)
  if (found.is !== 'created') return undefined
  const { roleName, roleId } = found.role
  const principal: Principal = { is: 'role', roleName, roleId, sessionName: service }
  const mayInvoke = (resource: string) => identity.mayDo(principal, { action: 'fc:InvokeFunction', resource })
  const resource = qualifiedArn(region, accountId, functionName, qualifier)
  return mayInvoke(resource) || mayInvoke(functionArn(region, accountId, functionName))
    ? undefined
    : `the role '${roleArn}' may not perform 'fc:InvokeFunction' on '${resource}'`
}
