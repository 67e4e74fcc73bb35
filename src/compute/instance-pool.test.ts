import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import {
  CallStopped,
  GaveUp,
  InstancePool,
  type Lease,
  type PooledInstance,
  Throttled,
} from './instance-pool.ts'
import { type LiveInstance, StartFailure } from './live-instance.ts'

const revision = (instanceConcurrency = 1): FunctionRevision => ({
  key: 'k',
  accountId: '1',
  region: 'r',
  functionName: 'f',
  functionArn: 'acs:fc:r:1:functions/f',
  versionId: 'LATEST',
  runtime: 'nodejs20',
  handler: 'index.handler',
  code: { blobId: 'b', sizeBytes: 1, crc64: '1' },
  layers: [],
  environment: {},
  memoryMb: 128,
  cpu: 0.1,
  diskMb: 512,
  timeoutMs: 3000,
  instanceConcurrency,
  internetAccess: true,
  logProject: '',
  logStore: '',
})

/** Instances that are started, frozen and killed by hand. */
class Workshop {
  readonly clock = new ManualClock()
  readonly starts: PromiseWithResolvers<LiveInstance>[] = []
  readonly events = new EventEmitter()
  readonly done: string[] = []
  count = 0
  countMost = 0
  limit = Number.POSITIVE_INFINITY
  idleShare = 1
  /** Instances of another revision have what the limit leaves. */
  makesRoom = false
  readonly waitLimits = { waitingMax: 100, waitMaxMs: 1_000_000 }
  readonly pool: InstancePool
  readonly exits: (() => void)[] = []
  /** Instances can be sent calls ahead; since when the first of these runs. */
  ahead = false
  runningSinceMs: number | undefined

  constructor(concurrency = 1) {
    this.pool = new InstancePool(revision(concurrency), {
      clock: this.clock,
      waitLimits: this.waitLimits,
      processorIdleShare: () => this.idleShare,
      start: (pooled: PooledInstance) => {
        pooled.instanceId = `i${this.starts.length}`
        const start = Promise.withResolvers<LiveInstance>()
        this.starts.push(start)
        return start.promise
      },
      stop: async ({ instanceId }, how) => void this.done.push(`${how} ${instanceId}`),
      refuse: () => (this.count >= this.limit ? 'the limit' : undefined),
      makesRoom: () => this.makesRoom,
      counted: (change) => {
        this.count += change
        this.countMost = Math.max(this.countMost, this.count)
      },
    })
  }

  /** The start with this number succeeds. */
  async ready(number: number): Promise<void> {
    const exit = Promise.withResolvers<{ code: number | null; signal: string | null; oomKilled: boolean }>()
    this.exits[number] = () => exit.resolve({ code: 1, signal: null, oomKilled: false })
    this.starts[number]!.resolve({
      instanceId: `i${number}`,
      exited: exit.promise,
      sandbox: {
        freeze: async () => void this.done.push(`freeze i${number}`),
        thaw: async () => void this.done.push(`thaw i${number}`),
      },
      ...(this.ahead
        ? {
            ahead: {
              takeBack: () => void this.done.push(`take back i${number}`),
              runningSinceMs: () => this.runningSinceMs,
            },
          }
        : {}),
    } as unknown as LiveInstance)
    await turn()
  }

  acquire(signal?: AbortSignal): Promise<Lease> {
    return Promise.resolve(
      this.pool.acquire({ requestId: 'r', qualifier: 'LATEST', signal, mayGoAhead: this.ahead }),
    )
  }

  /** An instance that takes calls ahead, after a call that took so long. */
  static async withAhead(serviceMs: number): Promise<Workshop> {
    const shop = new Workshop()
    shop.ahead = true
    const first = shop.acquire()
    await shop.ready(0)
    ;(await first).release(serviceMs)
    return shop
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a call that finds no instance starts one and is the first it serves', async () => {
  const shop = new Workshop()
  const call = shop.acquire()
  assert.equal(shop.starts.length, 1)
  await shop.ready(0)
  const lease = await call
  assert.equal(lease.coldStart, true)
  assert.equal(lease.pooled.instanceId, 'i0')
})

test('an instance that is free again serves the next call, warm', async () => {
  const shop = new Workshop()
  const first = shop.acquire()
  await shop.ready(0)
  ;(await first).release(500)
  const second = await shop.acquire()
  assert.equal(second.coldStart, false)
  assert.equal(shop.starts.length, 1)
})

test('one instance serves one call at a time; two calls at once need two', async () => {
  const shop = new Workshop()
  const calls = [shop.acquire(), shop.acquire()]
  assert.equal(shop.starts.length, 2)
  await shop.ready(0)
  await shop.ready(1)
  const leases = await Promise.all(calls)
  assert.notEqual(leases[0]!.pooled, leases[1]!.pooled)
})

test('with instance concurrency three, three calls share an instance and the fourth starts another', async () => {
  const shop = new Workshop(3)
  const calls = [shop.acquire(), shop.acquire(), shop.acquire()]
  assert.equal(shop.starts.length, 1)
  await shop.ready(0)
  const leases = await Promise.all(calls)
  assert.deepEqual(
    leases.map(({ pooled }) => pooled.instanceId),
    ['i0', 'i0', 'i0'],
  )
  void shop.acquire()
  assert.equal(shop.starts.length, 2)
})

test('a slot that comes free goes to the oldest caller who waits', async () => {
  const shop = new Workshop()
  const order: string[] = []
  const first = shop.acquire()
  await shop.ready(0)
  const lease = await first
  void shop.acquire().then(() => order.push('older'))
  void shop.acquire().then(() => order.push('younger'))
  lease.release(500)
  await turn()
  assert.deepEqual(order, ['older'])
})

test('short calls wait a moment for a busy instance before another is started', async () => {
  const shop = new Workshop()
  const first = shop.acquire()
  await shop.ready(0)
  ;(await first).release(0.2)
  const busy = await shop.acquire()
  const waiting = shop.acquire()
  assert.equal(shop.starts.length, 1)
  busy.release(0.2)
  await waiting
  assert.equal(shop.starts.length, 1)
})

test('short calls that wait in vain get an instance of their own', async () => {
  const shop = new Workshop()
  const first = shop.acquire()
  await shop.ready(0)
  ;(await first).release(0.2)
  await shop.acquire()
  void shop.acquire()
  assert.equal(shop.starts.length, 1)
  shop.clock.advance(10)
  assert.equal(shop.starts.length, 2)
})

test('where no processor is idle, short calls are more patient', async () => {
  const shop = new Workshop()
  shop.idleShare = 0
  const first = shop.acquire()
  await shop.ready(0)
  ;(await first).release(0.2)
  await shop.acquire()
  void shop.acquire()
  shop.clock.advance(20)
  assert.equal(shop.starts.length, 1)
  shop.clock.advance(30)
  assert.equal(shop.starts.length, 2)
})

test('beyond the limit a call is throttled, and the limit is never overshot', async () => {
  const shop = new Workshop()
  shop.limit = 2
  const calls = Array.from({ length: 5 }, () => shop.acquire())
  const refused = await Promise.allSettled(calls.slice(2))
  assert.deepEqual(
    refused.map((outcome) => outcome.status === 'rejected' && outcome.reason instanceof Throttled),
    [true, true, true],
  )
  await shop.ready(0)
  await shop.ready(1)
  await Promise.all(calls.slice(0, 2))
  assert.equal(shop.countMost, 2)
})

test('a start that fails is told to one caller; the others get starts of their own', async () => {
  const shop = new Workshop()
  const calls = [shop.acquire(), shop.acquire()]
  shop.starts[0]!.reject(new StartFailure('handler', Buffer.from('{}')))
  await assert.rejects(calls[0]!, StartFailure)
  await shop.ready(1)
  await calls[1]
  assert.equal(shop.count, 1)
})

test('a caller who leaves while waiting takes no slot', async () => {
  const shop = new Workshop()
  const leaving = new AbortController()
  const call = shop.acquire(leaving.signal)
  leaving.abort()
  await assert.rejects(call, GaveUp)
  await shop.ready(0)
  assert.equal((await shop.acquire()).coldStart, false)
})

test('idle instances are frozen, thawed for the next call, and retired in the end', async () => {
  const shop = new Workshop()
  const first = shop.acquire()
  await shop.ready(0)
  ;(await first).release(500)
  shop.clock.advance(1000)
  shop.pool.sweep({ idleMs: 60_000, freezeAfterMs: 500 })
  const second = await shop.acquire()
  assert.deepEqual(shop.done, ['freeze i0', 'thaw i0'])
  second.release(500)
  shop.clock.advance(60_001)
  shop.pool.sweep({ idleMs: 60_000, freezeAfterMs: 500 })
  await turn()
  assert.deepEqual(shop.done.slice(2), ['preStop i0'])
  assert.equal(shop.count, 0)
  assert.equal(shop.pool.isEmpty, true)
})

test('a busy instance is never swept, however long it works', async () => {
  const shop = new Workshop()
  const call = shop.acquire()
  await shop.ready(0)
  await call
  shop.clock.advance(86_400_000)
  shop.pool.sweep({ idleMs: 1000, freezeAfterMs: 500 })
  assert.deepEqual(shop.done, [])
})

test('an instance that dies idle is forgotten and never handed out', async () => {
  const shop = new Workshop()
  const first = shop.acquire()
  await shop.ready(0)
  ;(await first).release(500)
  shop.exits[0]!()
  await turn()
  void shop.acquire()
  assert.equal(shop.starts.length, 2)
  assert.deepEqual(shop.done, ['kill i0'])
})

test('a discarded instance is killed once and does not come back', async () => {
  const shop = new Workshop()
  const call = shop.acquire()
  await shop.ready(0)
  const lease = await call
  lease.discard()
  lease.release(1)
  await turn()
  assert.deepEqual(shop.done, ['kill i0'])
  assert.equal(shop.count, 0)
})

test('a superseded pool lets its busy instances finish and retires them then', async () => {
  const shop = new Workshop()
  const [a, b] = [shop.acquire(), shop.acquire()]
  await shop.ready(0)
  await shop.ready(1)
  const leases = await Promise.all([a, b])
  leases[1]!.release(500)
  shop.pool.supersede()
  await turn()
  assert.deepEqual(shop.done, ['preStop i1'])
  leases[0]!.release(500)
  await turn()
  assert.deepEqual(shop.done, ['preStop i1', 'preStop i0'])
})

test('when all calls are ended, each is told before its instance is killed, and nobody is left waiting', async () => {
  const shop = new Workshop(2)
  const leases = [shop.acquire(), shop.acquire(), shop.acquire()]
  await shop.ready(0)
  await shop.ready(1)
  const [first, second, third] = await Promise.all(leases)
  third!.release(1)
  const waiting = [shop.acquire(), shop.acquire(), shop.acquire()]
  await Promise.all(waiting.slice(0, 2))
  shop.pool.stopCalls()
  // One that was just about to begin sees it, too.
  assert.deepEqual([first!.pooled.isStopped, third!.pooled.isStopped], [true, true])
  await assert.rejects(waiting[2]!, CallStopped)
  assert.deepEqual(shop.done, ['kill i0', 'kill i1'])
  for (const lease of [first!, second!]) lease.discard()
  await turn()
  assert.deepEqual([shop.done.length, shop.count], [2, 0])
})

test('an instance without a call is left alone when all calls are ended', async () => {
  const shop = new Workshop()
  const lease = shop.acquire()
  await shop.ready(0)
  ;(await lease).release(1)
  shop.pool.stopCalls()
  await turn()
  assert.deepEqual([shop.done, shop.count], [[], 1])
  assert.equal((await shop.acquire()).pooled.isStopped, false)
})

test('those who wait for a revision that was superseded are served by the instances that it has', async () => {
  const shop = new Workshop()
  shop.limit = 1
  const first = shop.acquire()
  await shop.ready(0)
  const served = (await first)!
  // One that has learnt how long calls take lets them wait for the slot that it has.
  served.release(1)
  const again = await shop.acquire()
  const waiting = [shop.acquire(), shop.acquire(), shop.acquire()]
  shop.pool.supersede()
  again.release(1)
  for (const call of waiting) (await call).release(1)
  await turn()
  assert.deepEqual(shop.done, ['preStop i0'])
})

test('where instances of another revision have the room, a call waits for it, and not for ever', async () => {
  const shop = new Workshop()
  shop.limit = 0
  shop.makesRoom = true
  const call = shop.acquire()
  shop.clock.advance(1000)
  await turn()
  assert.deepEqual([shop.pool.waiting, shop.starts.length], [1, 0])
  shop.limit = 1
  shop.clock.advance(100)
  await shop.ready(0)
  assert.equal((await call).pooled.instanceId, 'i0')

  const refused = assert.rejects(shop.acquire(), Throttled)
  for (let ms = 0; ms < 5100; ms += 100) shop.clock.advance(100)
  await refused
  assert.equal(shop.countMost, 1)
})

test('the instance that idles the longest can be evicted, and no longer counts from then on', async () => {
  const shop = new Workshop()
  const calls = [shop.acquire(), shop.acquire()]
  await shop.ready(0)
  await shop.ready(1)
  const [first, second] = await Promise.all(calls)
  first!.release(500)
  shop.clock.advance(100)
  second!.release(500)
  assert.equal(shop.pool.longestIdleSinceMs, 0)
  assert.equal(shop.pool.evictLongestIdle(), true)
  assert.deepEqual([shop.done, shop.count], [['kill i0'], 1])
  await shop.acquire()
  assert.equal(shop.pool.evictLongestIdle(), false)
})

test('quick calls are sent to a busy instance behind the one that runs, up to a millisecond of them', async () => {
  const shop = await Workshop.withAhead(0.2)
  const leases = await Promise.all(Array.from({ length: 6 }, () => shop.acquire()))
  assert.deepEqual(new Set(leases.map(({ pooled }) => pooled.instanceId)), new Set(['i0']))
  // No room for a seventh: it waits for a slot.
  let seventh: Lease | undefined
  void shop.acquire().then((lease) => (seventh = lease))
  await turn()
  assert.equal(seventh, undefined)
  leases[0]!.release(0.2)
  await turn()
  assert.equal(seventh!.pooled.instanceId, 'i0')
  assert.equal(shop.starts.length, 1)
})

test('calls that take long are not sent ahead', async () => {
  const shop = await Workshop.withAhead(1.5)
  void shop.acquire()
  void shop.acquire()
  shop.clock.advance(200)
  assert.equal(shop.starts.length, 2)
})

test('what waits behind a call that takes long after all is taken back, and no more is sent there', async () => {
  const shop = await Workshop.withAhead(0.1)
  const [slow, behind] = await Promise.all([shop.acquire(), shop.acquire()])
  shop.runningSinceMs = shop.clock.monotonicMs()
  shop.clock.advance(4)
  assert.deepEqual(shop.done, [])
  shop.clock.advance(8)
  assert.deepEqual(shop.done, ['take back i0'])
  behind!.release(undefined)
  const again = shop.acquire()
  shop.clock.advance(200)
  assert.equal(shop.starts.length, 2)
  await shop.ready(1)
  assert.equal((await again).pooled.instanceId, 'i1')
  slow!.release(300)
  assert.deepEqual(shop.done, ['take back i0'])
})

test('an instance that is ended with calls behind the one that ran is ended once', async () => {
  const shop = await Workshop.withAhead(0.1)
  const [first, second] = await Promise.all([shop.acquire(), shop.acquire()])
  first!.discard()
  second!.discard()
  second!.release(1)
  await turn()
  assert.deepEqual([shop.done, shop.count], [['kill i0'], 0])
})

const first = { requestId: 'r', qualifier: 'LATEST', signal: undefined }

test('kept instances are there before a call, are taken by neither idleness nor eviction, and can be let go', async () => {
  const shop = new Workshop()
  shop.pool.keepReady(2, first, true)
  await shop.ready(0)
  await shop.ready(1)
  assert.deepEqual(shop.pool.ready, { ready: 2 })
  shop.clock.advance(1e6)
  shop.pool.sweep({ idleMs: 1000, freezeAfterMs: 100 })
  assert.equal(shop.pool.evictLongestIdle(), false)
  assert.deepEqual(shop.done, [])
  const lease = await shop.acquire()
  assert.equal(lease.coldStart, false)
  lease.release(1)
  shop.pool.keepReady(1, first, true)
  assert.equal(shop.pool.evictLongestIdle(), true)
  shop.pool.keepReady(0, first, false)
  shop.pool.sweep({ idleMs: 0, freezeAfterMs: 100 })
  await turn()
  assert.equal(shop.pool.isEmpty, true)
})

test('a kept instance that does not start is tried again later each time, and it is told why', async () => {
  const shop = new Workshop()
  const tryAgain = async (): Promise<number> => {
    shop.pool.keepReady(1, first, true)
    await turn()
    return shop.starts.length
  }
  await tryAgain()
  const body = Buffer.from('{"errorMessage":"no luck"}')
  shop.starts[0]!.reject(new StartFailure('handler', body))
  await turn()
  assert.deepEqual(shop.pool.ready, { ready: 0, error: 'no luck' })
  assert.equal(await tryAgain(), 1)
  shop.clock.advance(1000)
  assert.equal(await tryAgain(), 2)
  shop.starts[1]!.reject(new StartFailure('handler', body))
  await turn()
  shop.clock.advance(1000)
  assert.equal(await tryAgain(), 2)
  shop.clock.advance(1000)
  assert.equal(await tryAgain(), 3)
  await shop.ready(2)
  assert.deepEqual(shop.pool.ready, { ready: 1 })
})

test('beyond the limit no instance is kept, and it is told that this is why', async () => {
  const shop = new Workshop()
  shop.limit = 1
  shop.pool.keepReady(3, first, true)
  await shop.ready(0)
  shop.pool.keepReady(3, first, true)
  assert.deepEqual(shop.pool.ready, { ready: 1, error: 'the limit' })
})

test('the instance that was used last may have a time of its own, and one is started ahead where there is none', async () => {
  const shop = new Workshop()
  const leases = [shop.acquire(), shop.acquire()]
  await shop.ready(0)
  await shop.ready(1)
  for (const lease of await Promise.all(leases)) lease.release(500)
  shop.clock.advance(10_000)
  shop.pool.sweep({ idleMs: 5000, newestIdleMs: 20_000, freezeAfterMs: 0 })
  await turn()
  assert.deepEqual(shop.done, ['preStop i0'])
  shop.pool.startAhead(first)
  assert.equal(shop.starts.length, 2)
  shop.clock.advance(10_000)
  shop.pool.sweep({ idleMs: 5000, newestIdleMs: 20_000, freezeAfterMs: 0 })
  await turn()
  shop.pool.startAhead(first)
  shop.pool.startAhead(first)
  await shop.ready(2)
  assert.equal(shop.starts.length, 3)
  assert.equal((await shop.acquire()).coldStart, false)
})

test('no more calls wait than may, and none for longer than it may', async () => {
  const shop = new Workshop()
  Object.assign(shop.waitLimits, { waitingMax: 2, waitMaxMs: 10_000 })
  const outcomeOf = (call: Lease | Promise<Lease>): Promise<unknown> =>
    Promise.resolve(call).then(
      () => 'served',
      (error: Error) => `${error.name}: ${error.message}`,
    )
  const older = outcomeOf(shop.acquire())
  shop.clock.advance(4000)
  const younger = outcomeOf(shop.acquire())
  assert.match(String(await outcomeOf(shop.acquire())), /^Throttled: too many/)
  shop.clock.advance(6000)
  assert.match(String(await older), /^Throttled: .* in time$/)
  await shop.ready(0)
  assert.equal(await younger, 'served')
})

test('an instance that is held is thawed, and neither frozen, retired, evicted nor superseded until it is let go', async () => {
  const shop = new Workshop()
  const first = shop.acquire()
  await shop.ready(0)
  ;(await first).release(1)
  const sweep = () => shop.pool.sweep({ idleMs: 1000, freezeAfterMs: 100 })
  shop.clock.advance(100)
  sweep()
  assert.equal(await shop.pool.hold('i7'), undefined)
  const [held, other] = await Promise.all([shop.pool.hold('i0'), shop.pool.hold('i0')])
  assert.deepEqual([held!.holders, other!.holders], [1, 2])
  assert.deepEqual(shop.done, ['freeze i0', 'thaw i0'])
  shop.clock.advance(5000)
  assert.equal(sweep(), 1)
  assert.equal(shop.pool.evictLongestIdle(), false)
  held!.release()
  held!.release()
  shop.pool.supersede()
  sweep()
  assert.deepEqual(shop.done, ['freeze i0', 'thaw i0'])
  other!.release()
  await turn()
  assert.deepEqual(shop.done, ['freeze i0', 'thaw i0', 'preStop i0'])
  assert.equal(await shop.pool.hold('i0'), undefined)
})
