import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../lib/clock.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { SandboxExit } from '../ports/sandbox.ts'
import { InstancePool, type Lease, type PooledInstance } from './instance-pool.ts'
import type { LiveInstance } from './live-instance.ts'

/** What can happen to a pool. `at` picks one of those that are there at the moment. */
type Event =
  | { is: 'acquire'; aborted: boolean }
  | { is: 'abort' | 'release' | 'discard' | 'startSucceeds' | 'startFails' | 'exit' | 'stopEnds'; at: number }
  | { is: 'thawEnds'; at: number; fails: boolean }
  | { is: 'advance'; ms: number }
  | { is: 'idleShare'; share: number }
  | { is: 'keepReady'; count: number }
  | { is: 'sweep' | 'supersede' | 'revive' }

const at = fc.nat(30)
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ is: fc.constant('acquire'), aborted: fc.constant(false) }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('acquire'), aborted: fc.constant(true) }) },
    { weight: 5, arbitrary: fc.record({ is: fc.constantFrom('release', 'startSucceeds'), at }) },
    {
      weight: 4,
      arbitrary: fc.record({
        is: fc.constantFrom('abort', 'discard', 'startFails', 'exit', 'stopEnds'),
        at,
      }),
    },
    { weight: 2, arbitrary: fc.record({ is: fc.constant('thawEnds'), at, fails: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ is: fc.constant('advance'), ms: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('idleShare'), share: fc.constantFrom(0, 1) }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('keepReady'), count: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ is: fc.constantFrom('sweep', 'supersede', 'revive') }) },
  ) as fc.Arbitrary<Event>,
  { minLength: 20, maxLength: 120, size: 'max' },
)

interface Start {
  pooled: PooledInstance
  settle: PromiseWithResolvers<LiveInstance>
  exit: PromiseWithResolvers<SandboxExit>
}

interface Call {
  settled: boolean
  abort: AbortController
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A pool whose instances start, thaw, exit and stop when they are told to, and what must hold of it at any moment. */
class World {
  readonly clock = new ManualClock()
  readonly pool: InstancePool
  readonly calls: Call[] = []
  readonly leases = new Set<Lease>()
  readonly starting = new Set<Start>()
  readonly running = new Set<Start>()
  readonly thaws = new Set<PromiseWithResolvers<void>>()
  readonly stops = new Set<{ ends: PromiseWithResolvers<void>; pooled: PooledInstance }>()
  readonly stopped: PooledInstance[] = []
  readonly concurrency: number
  readonly limit: number
  /** Its instances can be sent calls ahead. */
  readonly ahead: boolean
  mostAtOnce = 0
  started = 0
  count = 0
  idleShare = 1
  /** How many instances are to be kept. */
  kept = 0

  constructor(concurrency: number, limit: number, ahead: boolean) {
    this.concurrency = concurrency
    this.limit = limit
    this.ahead = ahead
    this.pool = new InstancePool({ instanceConcurrency: concurrency } as FunctionRevision, {
      clock: this.clock,
      processorIdleShare: () => this.idleShare,
      start: (pooled) => {
        const start = { pooled, settle: Promise.withResolvers<LiveInstance>(), exit: exitOf() }
        this.started++
        this.starting.add(start)
        return start.settle.promise
      },
      stop: (pooled) => {
        // One that has not come to life yet is told again when it has.
        if (pooled.instance) {
          assert.ok(!this.stopped.includes(pooled), 'an instance is stopped once')
          this.stopped.push(pooled)
        }
        const ends = Promise.withResolvers<void>()
        this.stops.add({ ends, pooled })
        return ends.promise
      },
      refuse: () => (this.count >= limit ? 'the limit' : undefined),
      counted: (change) => {
        this.count += change
        assert.ok(this.count >= 0 && this.count <= limit, `${this.count} instances, the limit is ${limit}`)
      },
    })
  }

  acquire(aborted: boolean): void {
    const call: Call = { settled: false, abort: new AbortController() }
    if (aborted) call.abort.abort()
    this.calls.push(call)
    void (async () =>
      this.pool.acquire({
        requestId: 'r',
        qualifier: 'q',
        signal: call.abort.signal,
        mayGoAhead: true,
      }))().then(
      (lease) => {
        call.settled = true
        this.leases.add(lease)
      },
      () => {
        call.settled = true
      },
    )
  }

  startSucceeds(start: Start): void {
    this.starting.delete(start)
    this.running.add(start)
    const sandbox = {
      freeze: async () => {},
      thaw: () => {
        const thaw = Promise.withResolvers<void>()
        this.thaws.add(thaw)
        return thaw.promise
      },
    }
    const ahead = { takeBack: () => {}, runningSinceMs: () => this.clock.monotonicMs() - 7 }
    const instance = { exited: start.exit.promise, sandbox, ...(this.ahead ? { ahead } : {}) }
    start.settle.resolve(instance as unknown as LiveInstance)
  }

  get live(): number {
    return [...this.pool.instances].filter(({ state: { is } }) => is !== 'stopping' && is !== 'stopped')
      .length
  }

  get waiting(): Call[] {
    return this.calls.filter(({ settled }) => !settled)
  }

  async apply(event: Event): Promise<void> {
    switch (event.is) {
      case 'acquire':
        this.acquire(event.aborted)
        break
      case 'abort':
        pick(this.waiting, event.at)?.abort.abort()
        break
      case 'release':
      case 'discard': {
        const lease = pick([...this.leases], event.at)
        if (!lease) break
        this.leases.delete(lease)
        if (event.is === 'release') lease.release(event.at / 30)
        else lease.discard()
        // Whoever ends it twice ends nothing else.
        lease.release(1)
        lease.discard()
        break
      }
      case 'startSucceeds': {
        const start = pick([...this.starting], event.at)
        if (start) this.startSucceeds(start)
        break
      }
      case 'startFails': {
        const start = pick([...this.starting], event.at)
        if (start && this.starting.delete(start)) start.settle.reject(new Error('it did not start'))
        break
      }
      case 'exit': {
        const start = pick([...this.running], event.at)
        if (start && this.running.delete(start)) start.exit.resolve(exit)
        break
      }
      case 'stopEnds': {
        const stop = pick([...this.stops], event.at)
        if (stop && this.stops.delete(stop)) stop.ends.resolve()
        break
      }
      case 'thawEnds': {
        const thaw = pick([...this.thaws], event.at)
        if (!thaw) break
        this.thaws.delete(thaw)
        if (event.fails) thaw.reject(new Error('it did not thaw'))
        else thaw.resolve()
        break
      }
      case 'advance':
        this.clock.advance(event.ms)
        break
      case 'idleShare':
        this.idleShare = event.share
        break
      case 'keepReady':
        this.kept = event.count
        this.pool.keepReady(event.count, { requestId: 'r', qualifier: 'q', signal: undefined }, false)
        break
      case 'sweep': {
        const before = this.live
        this.pool.sweep({ idleMs: 100, freezeAfterMs: 20 })
        if (!this.pool.isSuperseded)
          assert.ok(this.live >= Math.min(before, this.kept), 'idleness takes none of those that are kept')
        break
      }
      default:
        this.pool[event.is]()
    }
    await turn()
    this.check()
  }

  /** What holds whenever nothing is in the middle of happening. */
  check(): void {
    const { pool } = this
    assert.equal(this.count, pool.instances.size, 'what is counted is what is there')
    const unfinished = this.waiting.length - pool.waiting
    assert.ok(unfinished >= 0, 'only calls wait')
    if (this.thaws.size === 0) assert.equal(unfinished, 0, 'a call that has no answer waits for one')
    for (const pooled of pool.instances) {
      const { state } = pooled
      const open = [...this.leases].filter((lease) => lease.pooled === pooled).length
      if (state.is === 'idle' || state.is === 'frozen') assert.equal(open, 0, `${state.is}, and leased`)
      if (state.is !== 'busy') continue
      const slots = this.ahead && this.concurrency === 1 ? 1 + 63 : this.concurrency
      assert.ok(state.invocations <= slots, 'no more calls than slots')
      this.mostAtOnce = Math.max(this.mostAtOnce, state.invocations)
      if (!pooled.thawing) assert.equal(state.invocations, open, 'as many calls as leases')
    }
    if (pool.waiting === 0) return
    const free = [...pool.instances].filter(
      ({ state }) =>
        state.is === 'idle' ||
        state.is === 'frozen' ||
        (state.is === 'busy' && state.invocations < this.concurrency),
    )
    assert.equal(free.length, 0, 'nobody waits beside a free slot')
    const hope = this.starting.size > 0 || this.clock.pendingTimers > 0
    assert.ok(hope, 'who waits has an instance that starts, or a time after which one is')
  }

  /** From here on all goes well; then everybody is answered. */
  async settle(): Promise<void> {
    for (let round = 0; round < 400 && this.waiting.length > 0; round++) {
      for (const thaw of this.thaws) thaw.resolve()
      this.thaws.clear()
      for (const { ends } of this.stops) ends.resolve()
      this.stops.clear()
      for (const start of this.starting) this.startSucceeds(start)
      await turn()
      for (const lease of this.leases) lease.release(5)
      this.leases.clear()
      await this.apply({ is: 'advance', ms: 50 })
    }
    assert.equal(this.waiting.length, 0, 'everybody who waited was answered')
    if (this.pool.isSuperseded) return
    // After failures a start is put off, by a minute at most.
    for (let round = 0; round < 3; round++) {
      await this.apply({ is: 'advance', ms: 60_000 })
      await this.apply({ is: 'keepReady', count: this.kept })
      for (const { ends } of this.stops) ends.resolve()
      this.stops.clear()
      for (const start of this.starting) this.startSucceeds(start)
      await turn()
    }
    const { ready } = this.pool.ready
    assert.ok(ready >= Math.min(this.kept, this.limit), `${ready} are ready, ${this.kept} are to be`)
  }

  async close(): Promise<void> {
    const closed = this.pool.close()
    for (const [index, start] of [...this.starting].entries()) {
      if (index % 2 === 0) this.startSucceeds(start)
      else start.settle.reject(new Error('it was killed'))
      this.starting.delete(start)
    }
    for (const thaw of this.thaws) thaw.reject(new Error('it was killed'))
    await turn()
    for (const { ends } of this.stops) ends.resolve()
    await closed
    await turn()
    assert.equal(this.starting.size, 0, 'nothing is started any more')
    assert.equal(this.count, 0, 'nothing is counted any more')
    assert.equal(this.waiting.length, 0)
    for (const { pooled } of this.running) assert.ok(this.stopped.includes(pooled), 'what runs was stopped')
  }
}

const exit: SandboxExit = { code: 1, signal: null, oomKilled: false }
const exitOf = () => Promise.withResolvers<SandboxExit>()
const pick = <T>(from: readonly T[], index: number): T | undefined => from[index % from.length]

test('whatever happens to a pool, its counts hold, nobody waits beside a free slot, and everybody is answered', async () => {
  let [leases, starts, ahead] = [0, 0, 0]
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 4 }),
      fc.boolean(),
      fc.boolean(),
      async (happens, concurrency, limit, sendsAhead, closesAtOnce) => {
        const world = new World(concurrency, limit, sendsAhead)
        for (const event of happens) {
          await world.apply(event)
          leases += world.leases.size
        }
        if (!closesAtOnce) await world.settle()
        starts += world.started
        if (concurrency === 1 && world.mostAtOnce > 1) ahead++
        await world.close()
      },
    ),
    { numRuns: 500 },
  )
  // It cannot hold because nothing happened.
  assert.ok(
    leases > 10_000 && starts > 1000 && ahead > 20,
    `${leases} leases, ${starts} starts, ${ahead} worlds in which calls went ahead`,
  )
})
