import type { AsyncInvocations } from '../compute/async-invocations.ts'
import type { Engine } from '../compute/engine.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import { allTimerTriggersPrefix, timerTriggersPrefix } from '../products/functions/keys.ts'
import type { TimerTriggerRecord } from '../products/functions/timer-trigger.ts'
import { type TimerTriggers, timerTriggers } from '../triggers/timer/timer-triggers.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

export type TimerTriggersPart = Part & Pick<TimerTriggers, 'changed' | 'nextTicks'>

export function assembleTimerTriggers(
  { accountId, stores, clock, ids, log, closing }: Foundation,
  {
    engine,
    directory,
    asyncQueue,
  }: { engine: Engine; directory: FunctionDirectory; asyncQueue: AsyncInvocations },
): TimerTriggersPart {
  const timers = timerTriggers({
    records: stores.records,
    list: ({ functionName, ...range }) =>
      stores.records.list<TimerTriggerRecord>({
        prefix:
          functionName === undefined
            ? allTimerTriggersPrefix(accountId)
            : timerTriggersPrefix(accountId, functionName),
        ...range,
      }),
    async mayInvoke(functionName, qualifier) {
      const resolution = await directory.resolve(accountId, functionName, qualifier)
      return resolution.outcome === 'found' && resolution.disabledBecause === undefined
    },
    soon(functionName, qualifier) {
      directory
        .mainRevision(accountId, functionName, qualifier)
        .then((revision) => revision && engine.startAhead(revision))
        .catch((error: unknown) =>
          log.warn({ err: error, functionName }, 'no instance was started for a tick that comes soon'),
        )
    },
    accept: (event, alongside) =>
      asyncQueue.accept({ ...event, accountId, requestId: ids.requestId(clock.now()) }, [alongside]),
    clock,
    log,
  })
  closing.push(() => timers.close())
  return timers
}
