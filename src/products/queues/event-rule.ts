/** Event rules: what happens in another product that is sent to a queue or a topic. */
import type { RecordStore, StoredRecord } from '../../ports/records.ts'
import { eventRuleAlreadyExist, eventRuleNotExist, invalidArgument } from './errors.ts'
import { EVENT_RULES, eventRuleKey } from './keys.ts'
import { isName } from './names.ts'
import { overtaking } from './overtaking.ts'

/** Of the account; each is looked at whenever something happens to an object. */
const RULES_MAX = 100

export interface RuleEndpoint {
  type: 'queue' | 'topic'
  name: string
}

/** About `{bucket}/{object}`: its whole, or its beginning and its end. */
export interface MatchRule {
  /** False: what fits is not meant. */
  matchState: boolean
  name?: string
  prefix?: string
  suffix?: string
}

export interface EventRuleRecord {
  ruleId: string
  name: string
  /** Without `oss:`: `ObjectCreated:PutObject`, `ObjectCreated:*`. */
  eventTypes: readonly string[]
  /** One of these lists has to fit, in all that is in it. */
  matchRules: readonly (readonly MatchRule[])[]
  endpoint: RuleEndpoint
}

interface Happened {
  name: string
  bucket: string
  object: string
}

export function isMeant(
  { eventTypes, matchRules }: EventRuleRecord,
  { name, bucket, object }: Happened,
): boolean {
  const place = `${bucket}/${object}`
  const isType = eventTypes.some(
    (type) => type === name || (type.endsWith(':*') && name.startsWith(type.slice(0, -1))),
  )
  return isType && matchRules.some((all) => all.every((rule) => fits(rule, place) === rule.matchState))
}

const fits = ({ name, prefix = '', suffix = '' }: MatchRule, place: string): boolean =>
  name === undefined ? place.startsWith(prefix) && place.endsWith(suffix) : place === name

/** Whether what happens in this bucket can be meant by it. */
export const isAbout = ({ matchRules }: EventRuleRecord, bucket: string): boolean =>
  matchRules.some((all) =>
    all.some(({ matchState, name, prefix }) => matchState && (name ?? prefix)?.split('/', 1)[0] === bucket),
  )

type Settings = Omit<EventRuleRecord, 'ruleId'>

/** All rules are in memory: one that was acknowledged is found by whatever happens afterwards. */
export class EventRules {
  readonly #records: RecordStore
  readonly #uuid: () => string
  readonly #byName = new Map<string, EventRuleRecord>()

  constructor({ records, uuid }: { records: RecordStore; uuid(): string }) {
    this.#records = records
    this.#uuid = uuid
  }

  async load(): Promise<void> {
    const found: StoredRecord<EventRuleRecord>[] = await this.#records.list({
      prefix: EVENT_RULES,
      limit: RULES_MAX,
    })
    for (const { value } of found) this.#byName.set(value.name, value)
  }

  byId(ruleId: string): EventRuleRecord | undefined {
    return [...this.#byName.values()].find((rule) => rule.ruleId === ruleId)
  }

  meant(happened: Happened): EventRuleRecord[] {
    return [...this.#byName.values()].filter((rule) => isMeant(rule, happened))
  }

  /** Throws EventRuleNotExist. */
  require(name: string): EventRuleRecord {
    const rule = this.#byName.get(name)
    if (!rule) throw eventRuleNotExist()
    return rule
  }

  /** One with just these settings may be there already. Throws EventRuleAlreadyExist where they differ. */
  async create(settings: Settings): Promise<void> {
    const { name } = settings
    if (!isName(name)) throw invalidArgument('The value of RuleName is not a name.')
    await overtaking(async () => {
      const existing = (await this.#records.get<EventRuleRecord>(eventRuleKey(name)))?.value
      if (existing) {
        const { ruleId, ...others } = existing
        if (JSON.stringify(others) === JSON.stringify(settings)) return
        throw eventRuleAlreadyExist()
      }
      const others = await this.#records.list({ prefix: EVENT_RULES, limit: RULES_MAX })
      if (others.length >= RULES_MAX) throw invalidArgument(`There are at most ${RULES_MAX} event rules.`)
      const rule: EventRuleRecord = { ruleId: this.#uuid(), ...settings }
      await this.#records.commit([{ put: eventRuleKey(name), value: rule, expect: 'absent' }])
      this.#byName.set(name, rule)
    })
  }

  /** What waits for it is dropped. Throws EventRuleNotExist. */
  async delete(name: string): Promise<void> {
    await overtaking(async () => {
      const existing = isName(name) && (await this.#records.get<EventRuleRecord>(eventRuleKey(name)))
      if (!existing) throw eventRuleNotExist()
      await this.#records.commit([{ remove: existing.key, expect: existing.version }])
      this.#byName.delete(name)
    })
  }
}
