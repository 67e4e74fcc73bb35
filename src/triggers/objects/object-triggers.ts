/** What happens to objects, for the triggers whose rule it meets: committed with it, then moved on from the outbox. */
import { createHash } from 'node:crypto'
import type { Announcement } from '../../ports/announcements.ts'
import { objectEventText } from './event.ts'
import type { ObjectEvent, ObjectTriggersNeeds } from './needs.ts'
import { isMeant, ruleOf } from './rule.ts'

export interface ObjectTriggers {
  /** Undefined: nobody waits for it. Throws `AnnouncementsFull`. */
  announce(event: ObjectEvent): Promise<Announcement | undefined>
}

export const objectTriggers = ({
  triggers,
  outbox,
  newRequestId,
  accountId,
  region,
  now,
}: ObjectTriggersNeeds): ObjectTriggers => ({
  async announce(event) {
    const { name, bucket, object, hops } = event
    const meant = (await triggers.of('oss', bucket)).filter(({ config }) =>
      isMeant(ruleOf(config), name, object),
    )
    const nowMs = now()
    return outbox.announcementOf(
      meant.map(({ functionName, triggerName, triggerId }) => ({
        functionName,
        triggerName,
        triggerId,
        requestId: newRequestId(),
        event: objectEventText(event, { accountId, region, ruleId: sha1(triggerId), nowMs }),
        hops,
        happenedMs: nowMs,
      })),
    )
  },
})

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
