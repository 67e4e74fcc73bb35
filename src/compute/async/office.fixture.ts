import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { silentLogger } from '../../lib/logger.ts'
import type {
  EventInvocation,
  FunctionRevision,
  HttpInvocation,
  HttpOutcome,
  InvocationOutcome,
  Invoker,
} from '../../ports/invocation.ts'
import type { RecordStore } from '../../ports/records.ts'
import { type AsyncInvocations, asyncInvocations } from '../async-invocations.ts'
import type { Destination } from './destinations.ts'
import type { AsyncPolicy } from './event-attempt.ts'
import { type AsyncLimits, asyncLimits } from './limits.ts'
import type { TaskRecord } from './tasks.ts'

export const report = { instanceId: 'c', durationMs: 1, billedMs: 1, maxMemoryMb: 1, coldStart: false }
export const succeeded: InvocationOutcome = { outcome: 'succeeded', body: Buffer.from('done'), report }
export const failed: InvocationOutcome = {
  outcome: 'unhandledError',
  because: 'handler',
  body: Buffer.from('{"errorMessage":"no"}'),
  report,
}
export const throttled: InvocationOutcome = { outcome: 'throttled', message: 'busy' }
export const f = { accountId: '1', functionName: 'f' }

/** A queue with an invoker whose calls are ended by hand. */
export class Office {
  readonly clock = new ManualClock(1_700_000_000_000)
  readonly calls: { event: string; invocation: EventInvocation; end(outcome: InvocationOutcome): void }[] = []
  readonly requests: { invocation: HttpInvocation; end(outcome: HttpOutcome): void }[] = []
  readonly missing = new Set<string>()
  readonly disabled = new Set<string>()
  runtime = 'nodejs20'
  policy: AsyncPolicy = { retriesMax: 2, eventAgeMaxMs: 86_400_000, asyncTask: false }
  /** Records whose absence refuses an event. */
  presence: string[] = []
  readonly records: RecordStore
  readonly queue: AsyncInvocations
  #requests = 0

  constructor(
    records = memoryRecordStore(),
    moreDestinations: Destination[] = [],
    limits: Partial<AsyncLimits> = {},
  ) {
    this.records = records
    let counted = 0
    const ids: IdSource = {
      requestId: () => `1-destination-${counted++}`,
      instanceId: () => 'c',
      uuid: () => 'u',
    }
    this.queue = asyncInvocations({
      records,
      clock: this.clock,
      ids,
      log: silentLogger,
      moreDestinations,
      limits: { ...asyncLimits, ...limits },
      invoker: {
        invoke: (invocation: EventInvocation) =>
          new Promise((end) => {
            this.calls.push({ event: Buffer.from(invocation.event).toString(), invocation, end })
          }),
        forward: (invocation: HttpInvocation) =>
          new Promise((end) => {
            this.requests.push({ invocation, end })
          }),
      } as unknown as Invoker,
      resolve: async (_account, functionName) => {
        if (this.missing.has(functionName)) return undefined
        if (this.disabled.has(functionName)) return 'disabled'
        return {
          functionName,
          functionArn: `acs:fc:r:1:functions/${functionName}`,
          runtime: this.runtime,
          timeoutMs: 3000,
        } as FunctionRevision
      },
      policyOf: async () => this.policy,
      presenceOf: () => this.presence.map((check) => ({ check, expect: 'present' })),
    })
  }

  static async open(...given: ConstructorParameters<typeof Office>): Promise<Office> {
    const office = new Office(...given)
    await office.queue.start()
    await turn()
    return office
  }

  async accept(event: string, fields: object = {}): Promise<void> {
    await this.queue.accept({
      ...f,
      qualifier: 'LATEST',
      requestId: `r${this.#requests++}`,
      event: Buffer.from(event),
      ...fields,
    })
    await turn()
  }

  /** Ends the call with this number, and lets what follows happen. */
  async end(number: number, outcome: InvocationOutcome): Promise<void> {
    this.calls[number]!.end(outcome)
    await turn()
  }

  async after(ms: number): Promise<void> {
    this.clock.advance(ms)
    await turn()
  }

  /** Everything that is stored of the queue. */
  async kept(): Promise<string[]> {
    return (await this.records.list({ prefix: 'async/', limit: 10_000 })).map(({ key }) => key)
  }

  async dead(functionName = 'f') {
    const query = { ...f, functionName, limit: 1000, includePayload: true }
    return (await this.queue.deadLetters.list(query)).letters
  }

  async task(taskId: string): Promise<TaskRecord> {
    const found = await this.queue.tasks.read(f, taskId)
    if (!found) throw new Error(`there is no task ${taskId}`)
    return found.value
  }

  async tasks(query: object = {}): Promise<{ ids: string[]; next?: string }> {
    const all = { ...f, oldestFirst: true, limit: 100, includePayload: false, ...query }
    const { tasks, next } = await this.queue.tasks.list(all)
    return { ids: tasks.map(({ taskId }) => taskId), ...(next === undefined ? {} : { next }) }
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function turn(): Promise<void> {
  for (let count = 0; count < 10; count++) await new Promise((done) => setImmediate(done))
}
