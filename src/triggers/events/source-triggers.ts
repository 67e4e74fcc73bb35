/**
 * The triggers that wait for what happens in products, in memory, found by what they are wired to. A trigger that was
 * acknowledged is found by whatever is written afterwards: who asks waits until what was changed is read again.
 */
import type { StoredRecord } from '../../ports/records.ts'

/** The record of a trigger, written by who keeps triggers. */
export interface SourceTrigger {
  functionName: string
  triggerName: string
  /** Another trigger of the same name has another. */
  triggerId: string
  qualifier: string
  triggerType: string
  /** What it is wired to, without region and account: `bucket`, `topics/t`, `instance/i/table/t`. */
  source: string
  /** The `triggerConfig`, checked. */
  config: Readonly<Record<string, unknown>>
  /** The role in which the product invokes the function. */
  invocationRole?: string
  /** When it was created, ms: what happened before is not for it. */
  sinceMs: number
  /** Its events are kept and not handed on. */
  pausedMs?: number
}

export interface TriggerName {
  functionName: string
  triggerName: string
}

export interface SourceTriggers {
  start(): Promise<void>
  /** A trigger of the function may have been created, changed or deleted. */
  changed(functionName: string): void
  of(triggerType: string, source: string): Promise<readonly SourceTrigger[]>
  find(name: TriggerName): Promise<SourceTrigger | undefined>
  /** Those of one type, in no order. */
  all(triggerType: string): Promise<readonly SourceTrigger[]>
}

const pageMax = 100

export function sourceTriggers({
  list,
  reread,
}: {
  /** Triggers of all functions or of one, in the order of their keys, those after a key. */
  list(range: {
    functionName?: string
    after?: string
    limit: number
  }): Promise<readonly StoredRecord<SourceTrigger>[]>
  /** The triggers of a function have been read again. */
  reread(functionName: string): void
}): SourceTriggers {
  /** By function, by name. As many as there are triggers, 50 of a function at most. */
  const byFunction = new Map<string, Map<string, SourceTrigger>>()
  const bySource = new Map<string, Set<SourceTrigger>>()
  const stale = new Set<string>()
  let reading: Promise<void> | undefined

  const sourceKey = (triggerType: string, source: string) => `${triggerType} ${source}`

  function remember(trigger: SourceTrigger): void {
    const { functionName, triggerName, triggerType, source } = trigger
    const ofFunction = byFunction.get(functionName) ?? new Map<string, SourceTrigger>()
    byFunction.set(functionName, ofFunction.set(triggerName, trigger))
    const key = sourceKey(triggerType, source)
    bySource.set(key, (bySource.get(key) ?? new Set()).add(trigger))
  }

  function forget(functionName: string): void {
    for (const trigger of byFunction.get(functionName)?.values() ?? []) {
      const key = sourceKey(trigger.triggerType, trigger.source)
      const others = bySource.get(key)
      others?.delete(trigger)
      if (others?.size === 0) bySource.delete(key)
    }
    byFunction.delete(functionName)
  }

  async function read(functionName?: string): Promise<SourceTrigger[]> {
    const found: SourceTrigger[] = []
    for (let after: string | undefined; ; ) {
      const range = {
        limit: pageMax,
        ...(functionName === undefined ? {} : { functionName }),
        ...(after === undefined ? {} : { after }),
      }
      const page = await list(range)
      found.push(...page.map(({ value }) => value))
      if (page.length < pageMax) return found
      after = page.at(-1)!.key
    }
  }

  async function readStale(): Promise<void> {
    for (const functionName of stale) {
      stale.delete(functionName)
      try {
        const triggers = await read(functionName)
        forget(functionName)
        for (const trigger of triggers) remember(trigger)
      } catch (error) {
        stale.add(functionName)
        throw error
      }
      reread(functionName)
    }
  }

  /** One reading at a time; what becomes stale meanwhile is read by it, or by the next. */
  async function upToDate(): Promise<void> {
    while (stale.size > 0 || reading) {
      reading ??= readStale().finally(() => {
        reading = undefined
      })
      await reading
    }
  }

  return {
    async start() {
      for (const trigger of await read()) remember(trigger)
    },
    changed(functionName) {
      stale.add(functionName)
      // What is to be handed on by a trigger that was resumed does not wait until somebody asks. A failure is met by who does.
      upToDate().catch(() => {})
    },
    async of(triggerType, source) {
      await upToDate()
      return [...(bySource.get(sourceKey(triggerType, source)) ?? [])]
    },
    async find({ functionName, triggerName }) {
      await upToDate()
      return byFunction.get(functionName)?.get(triggerName)
    },
    async all(triggerType) {
      await upToDate()
      return [...byFunction.values()].flatMap((ofFunction) =>
        [...ofFunction.values()].filter((trigger) => trigger.triggerType === triggerType),
      )
    },
  }
}
