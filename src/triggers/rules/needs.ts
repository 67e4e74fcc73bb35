/** What event rules want of the rest of the platform; the composition root plugs it in. */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { RecordStore, Write } from '../../ports/records.ts'
import type { ObjectEvent } from '../objects/needs.ts'

export interface Rule {
  ruleId: string
  name: string
  /** `/queues/q`, `/topics/t` */
  place: string
}

export interface RuleEventsNeeds {
  records: Pick<RecordStore, 'list' | 'commit'>
  rules: {
    /** Those that an event is meant by. */
    meant(event: ObjectEvent): readonly Rule[]
    /** Undefined: it was deleted. */
    byId(ruleId: string): Rule | undefined
  }
  /** Together with the write. What it answers is why it cannot be sent now. Throws `VersionConflict` when the write does not hold. */
  send(place: string, body: string, hops: number, alongside: Write): Promise<string | undefined>
  clock: Clock
  log: Logger
  newRequestId(): string
  accountId: string
  region: string
}
