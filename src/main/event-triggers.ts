import { AcceptedBefore, QueueFull, TargetGone } from '../compute/async/acceptance.ts'
import type { AsyncInvocations } from '../compute/async-invocations.ts'
import type { Engine } from '../compute/engine.ts'
import type { Announcement } from '../ports/announcements.ts'
import type { InvocationOutcome } from '../ports/invocation.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import type { EventSources } from '../products/functions/event-sources.ts'
import { allSourceTriggersPrefix, sourceTriggersPrefix } from '../products/functions/keys.ts'
import type { SourceTriggerRecord } from '../products/functions/source-trigger.ts'
import type { ObjectListeners } from '../products/objects/needs.ts'
import type { EventRuleRecord, EventRules } from '../products/queues/event-rule.ts'
import type { TopicListeners } from '../products/queues/needs.ts'
import type { OutcomeMessages } from '../products/queues/outcomes.ts'
import { changesAfter } from '../products/tables/stream-changes.ts'
import { type HandedOn, type Outbox, outbox as openOutbox } from '../triggers/events/outbox.ts'
import {
  type SourceTrigger,
  type SourceTriggers,
  sourceTriggers,
} from '../triggers/events/source-triggers.ts'
import { objectTriggers } from '../triggers/objects/object-triggers.ts'
import { topicTriggers } from '../triggers/queues/topic-triggers.ts'
import { ruleEvents } from '../triggers/rules/rule-events.ts'
import { tableTriggers } from '../triggers/tables/table-triggers.ts'
import { hopsOf, type Principal } from '../wire/signatures/secret-lookup.ts'
import { eventSources, tableOf } from './event-sources.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'
import { whyRoleMayNotInvoke } from './trigger-roles.ts'

/** A chain of functions, each triggered by what the one before it did, is a circle when it is this long: it ends here. */
const hopsMax = 16

export interface EventTriggersPart extends Part {
  triggers: SourceTriggers
  outbox: Outbox
  sources: EventSources
  objectListeners: ObjectListeners
  topicListeners: TopicListeners
  /** Changes were committed to this log of changes. */
  tableWritten(changesTable: string): void
  changed(functionName: string): void
}

export function assembleEventTriggers(
  foundation: Foundation,
  {
    asyncQueue,
    engine,
    directory,
    eventRules,
    messages,
  }: {
    asyncQueue: AsyncInvocations
    engine: Engine
    directory: FunctionDirectory
    eventRules: EventRules
    /** Queues and topics are assembled later. */
    messages(): OutcomeMessages
  },
): EventTriggersPart {
  const { accountId, region, stores, clock, ids, log, identity, closing } = foundation
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
    reread(functionName) {
      outbox.changed(functionName)
      ofTables.changed(functionName)
    },
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
      const circle = circleOf(event)
      if (circle) return { is: 'refused', ...circle }
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
  const ofTables = tableTriggers({
    triggers,
    records,
    read: (source, place, limit) => changesAfter(stores, { accountId, ...tableOf(source) }, place, limit),
    async call(trigger, { requestId, event, hops }, signal) {
      const { functionName, qualifier } = trigger
      const denied = whyRoleMayNotInvoke(identity, trigger, { accountId, region, clock })
      if (denied !== undefined) return denied
      const resolution = await directory.resolve(accountId, functionName, qualifier)
      if (resolution.outcome !== 'found')
        return `the function '${functionName}' or the qualifier '${qualifier}' is not there`
      if (resolution.disabledBecause !== undefined) return 'the function is disabled'
      const { revision } = resolution
      const call = { revision, qualifier, requestId, event, hops, signal, wantLogTail: false }
      const outcome = await engine.invoke(call)
      return outcome.outcome === 'succeeded' ? undefined : whyNot(outcome)
    },
    refusal: circleOf,
    bury: ({ functionName, qualifier, triggerName }, batch, death) =>
      asyncQueue.bury({ accountId, functionName, qualifier, triggerName, ...batch }, death),
    clock,
    log,
  })
  const newRequestId = () => ids.requestId(clock.now())
  const ofRules = ruleEvents({
    records,
    rules: {
      meant: (event) => eventRules.meant(event).map(ruleOf),
      byId: (ruleId) => {
        const rule = eventRules.byId(ruleId)
        return rule && ruleOf(rule)
      },
    },
    send: (place, body, hops, alongside) => messages().send(place, body, hops, [alongside]),
    clock,
    log,
    newRequestId,
    accountId,
    region,
  })
  closing.push(async () => {
    await outbox.close()
    await ofRules.close()
    await ofTables.close()
  })

  const now = () => clock.now()
  const ofObjects = objectTriggers({ triggers, outbox, newRequestId, accountId, region, now })
  const ofTopics = topicTriggers({ triggers, outbox, newRequestId, accountId })
  return {
    triggers,
    outbox,
    sources: eventSources(foundation, { triggers, outbox, ofTables }),
    objectListeners: {
      async announce({ principal, ...event }) {
        const told = { ...event, principalId: principalIdOf(principal, accountId), hops: hopsOf(principal) }
        return together([await ofObjects.announce(told), ofRules.announce(told)])
      },
    },
    topicListeners: ofTopics,
    tableWritten: (changesTable) => ofTables.written(changesTable),
    changed: (functionName) => triggers.changed(functionName),
    async start() {
      await outbox.start()
      await ofRules.start()
      await ofTables.start()
    },
  }
}

const ruleOf = ({ ruleId, name, endpoint }: EventRuleRecord) => ({
  ruleId,
  name,
  place: `/${endpoint.type}s/${endpoint.name}`,
})

/** Those who want to know, in one commit. */
function together(announcements: readonly (Announcement | undefined)[]): Announcement | undefined {
  const all = announcements.filter((announcement) => announcement !== undefined)
  if (all.length < 2) return all[0]
  return {
    writes: all.flatMap(({ writes }) => writes),
    committed() {
      for (const announcement of all) announcement.committed()
    },
  }
}

/** Too many functions led to an event. */
const circleOf = ({ hops }: { hops: number }) =>
  hops > hopsMax
    ? {
        because: `${hopsMax} functions led here, each triggered by the one before: it looks like a circle`,
        condition: 'RecursionLimit',
      }
    : undefined

/** In words, of a call that did not succeed. */
function whyNot(outcome: Exclude<InvocationOutcome, { outcome: 'succeeded' }>): string {
  switch (outcome.outcome) {
    case 'cancelled':
      return 'the call was ended'
    case 'throttled':
    case 'platformError':
    case 'notStarted':
      return outcome.message
    default:
      return `the function failed: ${Buffer.from(outcome.body).toString().slice(0, 300)}`
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
