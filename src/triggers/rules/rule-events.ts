/**
 * What happens to objects, on its way to the queue or topic of an event rule: committed together with the write that it tells
 * of, then moved on, each by one commit with the message that it becomes, in the order in which it happened and at most
 * `movingMax` of a rule at once. So it becomes one message, whenever we die.
 *
 * Bounds: `depthMax` events of a rule wait; what would be one more is refused together with its write. What cannot be sent is
 * tried again, and given up with a line in the log when it is a day old.
 */
import { type Announcement, AnnouncementsFull } from '../../ports/announcements.ts'
import { type StoredRecord, VersionConflict, type Write } from '../../ports/records.ts'
import { type Step, stepLoops } from '../events/step-loops.ts'
import { objectEventText } from '../objects/event.ts'
import type { ObjectEvent } from '../objects/needs.ts'
import type { RuleEventsNeeds } from './needs.ts'

export interface RuleEvents {
  /** Undefined: no rule means it. Throws `AnnouncementsFull`. */
  announce(event: ObjectEvent): Announcement | undefined
  /** Counts what waits, and sends it. */
  start(): Promise<void>
  /** Sends no more; what is being sent is finished. */
  close(): Promise<void>
}

export const ruleLimits = { depthMax: 100_000, ageMaxMs: 86_400_000 }

interface WaitingEvent {
  /** The message, as the vendor writes it: JSON in base64. */
  body: string
  hops: number
  happenedMs: number
}

/** Of one rule. */
const movingMax = 16
const pageMax = 64
const countedAtOnce = 1000
const retryMinMs = 500
const retryMaxMs = 60_000

const ROOT = 'triggers/rule-events/'
const laneKey = (ruleId: string): string => `${ROOT}${ruleId}/`
const ruleIdIn = (key: string): string => key.slice(ROOT.length).split('/', 1)[0]!

export function ruleEvents(
  { records, rules, send, clock, log, newRequestId, accountId, region }: RuleEventsNeeds,
  { depthMax, ageMaxMs }: typeof ruleLimits = ruleLimits,
): RuleEvents {
  /** Events that wait, by id of the rule. */
  const depths = new Map<string, number>()
  const loops = stepLoops({ step: movePage, clock, retryMinMs, retryMaxMs })
  let order = 0

  /** Rises also over restarts and while the clock stands still. */
  function nextOrder(): string {
    order = Math.max(order + 1, Math.round(clock.now()) * 1000)
    return String(order).padStart(17, '0')
  }

  const deepen = (ruleId: string, by: number): void => {
    const depth = (depths.get(ruleId) ?? 0) + by
    if (depth > 0) depths.set(ruleId, depth)
    else depths.delete(ruleId)
  }

  async function movePage(ruleId: string): Promise<Step> {
    try {
      const page = await records.list<WaitingEvent>({ prefix: laneKey(ruleId), limit: pageMax })
      if (page.length === 0) {
        depths.delete(ruleId)
        return 'idle'
      }
      for (let at = 0; at < page.length; at += movingMax) {
        const some = page.slice(at, at + movingMax)
        const moved = await Promise.all(some.map((stored) => moveOne(ruleId, stored)))
        if (moved.includes(false)) return 'retry'
      }
      return 'more'
    } catch (error) {
      log.error({ err: error, ruleId }, 'events of a rule could not be sent yet')
      return 'retry'
    }
  }

  /** False: later. */
  async function moveOne(
    ruleId: string,
    { key, version, value }: StoredRecord<WaitingEvent>,
  ): Promise<boolean> {
    const removal: Write = { remove: key, expect: version }
    const rule = rules.byId(ruleId)
    try {
      const because = rule ? await send(rule.place, value.body, value.hops, removal) : 'the rule was deleted'
      if (because !== undefined) {
        if (rule && clock.now() - value.happenedMs < ageMaxMs) {
          log.debug({ rule: rule.name, because }, 'an event of a rule is sent later')
          return false
        }
        await records.commit([removal])
        if (rule) log.warn({ rule: rule.name, because }, 'an event of a rule was given up')
      }
    } catch (error) {
      // Whoever has moved it counts it, too; the records tell in the end.
      if (!(error instanceof VersionConflict && error.key === key)) throw error
    }
    deepen(ruleId, -1)
    return true
  }

  return {
    announce(event) {
      const meant = rules.meant(event)
      if (meant.length === 0) return undefined
      const happenedMs = clock.now()
      const writes = meant.map(({ ruleId, name }): Write => {
        if ((depths.get(ruleId) ?? 0) >= depthMax)
          throw new AnnouncementsFull(`too many events of the rule '${name}' are waiting`)
        const text = objectEventText(event, { accountId, region, ruleId: name, nowMs: happenedMs })
        const value: WaitingEvent = {
          body: Buffer.from(text).toString('base64'),
          hops: event.hops,
          happenedMs,
        }
        return { put: `${laneKey(ruleId)}${nextOrder()}-${newRequestId()}`, value }
      })
      return {
        writes,
        committed() {
          for (const { ruleId } of meant) {
            deepen(ruleId, 1)
            loops.nudge(ruleId)
          }
        },
      }
    },
    async start() {
      for (let after: string | undefined; ; ) {
        const page: StoredRecord<WaitingEvent>[] = await records.list({
          prefix: ROOT,
          limit: countedAtOnce,
          ...(after === undefined ? {} : { after }),
        })
        for (const { key } of page) deepen(ruleIdIn(key), 1)
        if (page.length < countedAtOnce) break
        after = page.at(-1)!.key
      }
      loops.start()
      for (const ruleId of depths.keys()) loops.wake(ruleId)
    },
    close: () => loops.close(),
  }
}
