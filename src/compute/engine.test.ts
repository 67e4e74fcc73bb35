import assert from 'node:assert/strict'
import { duplexPair, PassThrough } from 'node:stream'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import { randomIds } from '../lib/ids.ts'
import { silentLogger } from '../lib/logger.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { Sandbox, SandboxDriver, SandboxExit } from '../ports/sandbox.ts'
import { debugRevision } from './debugging/debug-revision.ts'
import { engine } from './engine.ts'
import { encodeFrame, FrameDecoder, frameType } from './frames.ts'
import { discardingLogSink } from './log-sink.ts'
import { noMeter } from './metering/meter.ts'
import { emptyHistogram, observeIdle } from './scaling/idle-histogram.ts'
import { WarmPool } from './warm-pool.ts'

const revision = {
  key: 'k',
  functionName: 'f',
  functionArn: 'arn',
  versionId: 'LATEST',
  environment: {},
  instanceConcurrency: 1,
  timeoutMs: 3000,
} as unknown as FunctionRevision

/** No instance ever comes to life, so that whoever is let in waits. */
function engineWithoutInstances(
  largeEventBytesMax: number,
  { growth, reserved }: { growth?: { burstMax: number; perMinute: number }; reserved?: number } = {},
) {
  const clock = new ManualClock()
  const driver = {
    name: 'test',
    isolates: true,
    create: () => new Promise<never>(() => {}),
    close: async () => {},
  }
  return engine(
    {
      clock,
      log: silentLogger,
      logSink: discardingLogSink,
      meter: noMeter,
      warmPool: new WarmPool({ driver, clock, ids: randomIds, log: silentLogger, bootsAtOnce: 1 }),
      imageOf: () => new Promise<never>(() => {}),
      materialize: async () => ({ codeSource: '/c' }),
      processorIdleShare: () => 1,
      credentialsFor: async () => undefined,
      instancesMaxOf: () => undefined,
      reservedOfAll: () => reserved ?? 0,
    },
    { idleMs: 1000, freezeAfterMs: 0, instancesMax: 10, largeEventBytesMax, ...(growth ? { growth } : {}) },
  )
}

for (const { limit, options, message } of [
  {
    limit: 'burst',
    options: { growth: { burstMax: 3, perMinute: 60 } },
    message: /grows too fast \(3 at once/,
  },
  { limit: 'what others have reserved', options: { reserved: 7 }, message: /not reserved .* limit \(3\)/ },
]) {
  test(`calls beyond ${limit} are throttled, and those within it are not`, async () => {
    const compute = engineWithoutInstances(1000, options)
    const outcomes = Array.from({ length: 5 }, () =>
      compute.invoke({
        revision,
        qualifier: 'LATEST',
        requestId: 'r',
        wantLogTail: false,
        event: Buffer.alloc(1),
      }),
    )
    const refused = await Promise.race([outcomes[3]!, outcomes[4]!])
    assert.ok(refused.outcome === 'throttled', refused.outcome)
    assert.match(refused.message, message)
    assert.equal(compute.instances().length, 3)
    void compute.close()
    const all = await Promise.all(outcomes)
    assert.deepEqual(
      all.map(({ outcome }) => outcome),
      ['cancelled', 'cancelled', 'cancelled', 'throttled', 'throttled'],
    )
  })
}

test('large events that wait are bounded together; small ones are let in beside them', async () => {
  const compute = engineWithoutInstances(1_000_000)
  const call = (bytes: number) => {
    const gone = new AbortController()
    const outcome = compute.invoke({
      revision,
      qualifier: 'LATEST',
      requestId: 'r',
      wantLogTail: false,
      signal: gone.signal,
      event: Buffer.alloc(bytes),
    })
    return { outcome, leave: () => gone.abort() }
  }
  const first = call(700_000)
  assert.equal((await call(400_000).outcome).outcome, 'throttled')
  const small = call(1000)
  first.leave()
  assert.equal((await first.outcome).outcome, 'cancelled')
  const next = call(400_000)
  for (const waiting of [small, next]) {
    waiting.leave()
    assert.equal((await waiting.outcome).outcome, 'cancelled')
  }
})

test('an instance that reads nothing and is left by its callers is ended before much has piled up', async () => {
  const clock = new ManualClock()
  let [killed, bound] = [0, false]
  const driver: SandboxDriver = {
    name: 'test',
    isolates: true,
    async create({ instanceId }) {
      const [channel, program] = duplexPair()
      const exited = Promise.withResolvers<SandboxExit>()
      const decoder = new FrameDecoder((type, id) => {
        if (type === frameType.warm) program.write(encodeFrame(frameType.result, id))
      })
      program.on('data', (chunk) => decoder.push(chunk))
      program.write(encodeFrame(frameType.ready, 0))
      return {
        instanceId,
        channel,
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        exited: exited.promise,
        usage: async () => ({ memoryBytes: 0, memoryPeakBytes: 1, cpuMs: 0 }),
        async bind() {
          bound = true
          program.pause()
          return { codeDir: '/code', optDir: '/opt', tmpDir: '/tmp', preparedDir: '/prepared' }
        },
        async kill() {
          killed++
          exited.resolve({ code: null, signal: 'SIGKILL', oomKilled: false })
        },
      } as unknown as Sandbox
    },
    close: async () => {},
  }
  const compute = engine(
    {
      clock,
      log: silentLogger,
      logSink: discardingLogSink,
      meter: noMeter,
      warmPool: new WarmPool({ driver, clock, ids: randomIds, log: silentLogger, bootsAtOnce: 1 }),
      imageOf: () => ({ key: 'a', protocol: 'frames', argv: ['a'], env: {}, mounts: [] }),
      materialize: async () => ({ codeSource: '/c' }),
      processorIdleShare: () => 1,
      credentialsFor: async () => undefined,
      instancesMaxOf: () => undefined,
    },
    { idleMs: 1e6, freezeAfterMs: 0, instancesMax: 1 },
  )
  const event = Buffer.alloc(3 * 1024 * 1024)
  let calls = 0
  for (; killed === 0 && calls < 20; calls++) {
    const gone = new AbortController()
    const outcome = compute.invoke({
      revision: { ...revision, instanceConcurrency: 10 },
      qualifier: 'LATEST',
      requestId: 'r',
      wantLogTail: false,
      signal: gone.signal,
      event,
    })
    for (let turns = 0; turns < 1000 && !bound; turns++) await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    gone.abort()
    assert.equal((await outcome).outcome, 'cancelled')
  }
  assert.ok(calls > 1 && calls < 6, `it was ended after ${calls} calls`)
})

/** Programs of frames that answer everything at once, or when they are `silent` all but calls. */
function answeringDriver({ silent = false } = {}): { driver: SandboxDriver; living: Set<string> } {
  const living = new Set<string>()
  const driver: SandboxDriver = {
    name: 'test',
    isolates: true,
    async create({ instanceId }) {
      const [channel, program] = duplexPair()
      const exited = Promise.withResolvers<SandboxExit>()
      const decoder = new FrameDecoder((type, id) => {
        if (type === frameType.bind || (silent && type === frameType.invoke)) return
        program.write(encodeFrame(frameType.result, id))
      })
      program.on('data', (chunk) => decoder.push(chunk))
      program.write(encodeFrame(frameType.ready, 0))
      return {
        instanceId,
        channel,
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        exited: exited.promise,
        usage: async () => ({ memoryBytes: 0, memoryPeakBytes: 1, cpuMs: 0 }),
        address: (port: number) => ({ host: '127.0.0.1', port }),
        async bind() {
          living.add(instanceId)
          return { codeDir: '/code', optDir: '/opt', tmpDir: '/tmp', preparedDir: '/prepared' }
        },
        async kill() {
          living.delete(instanceId)
          exited.resolve({ code: null, signal: 'SIGKILL', oomKilled: false })
        },
      } as unknown as Sandbox
    },
    close: async () => {},
  }
  return { driver, living }
}

test('all calls of a function are ended at once, those that wait too, and those of others go on', async () => {
  const clock = new ManualClock()
  const { driver, living } = answeringDriver({ silent: true })
  const rights = Promise.withResolvers<undefined>()
  const compute = engine(
    {
      clock,
      log: silentLogger,
      logSink: discardingLogSink,
      meter: noMeter,
      warmPool: new WarmPool({ driver, clock, ids: randomIds, log: silentLogger, bootsAtOnce: 1 }),
      imageOf: () => ({ key: 'a', protocol: 'frames', argv: ['a'], env: {}, mounts: [] }),
      materialize: async () => ({ codeSource: '/c' }),
      processorIdleShare: () => 1,
      credentialsFor: ({ role }) => (role === 'slow' ? rights.promise : Promise.resolve(undefined)),
      instancesMaxOf: ({ functionName }) => (functionName === 'f' ? 2 : undefined),
    },
    { idleMs: 300_000, freezeAfterMs: 0, instancesMax: 10 },
  )
  const call = (over: object) =>
    compute.invoke({
      revision: { ...revision, ...over },
      qualifier: 'LATEST',
      requestId: 'r',
      wantLogTail: false,
      event: Buffer.from('1'),
    })
  const turns = async () => {
    for (let count = 0; count < 50; count++) await new Promise((resolve) => setImmediate(resolve))
  }
  const other = call({ key: 'g', functionName: 'g', functionArn: 'other' })
  const runs = call({})
  await turns()
  assert.equal(living.size, 2)
  // Of another version, and about to begin: it waits for what its role may do.
  const begins = call({ key: 'v1', versionId: '1', role: 'slow' })
  await turns()
  assert.equal(living.size, 3)
  compute.stopCalls('arn')
  rights.resolve(undefined)
  const outcomes = await Promise.all([runs, begins])
  assert.deepEqual(
    outcomes.map((outcome) => [outcome.outcome, 'stopped' in outcome && outcome.stopped]),
    [
      ['cancelled', true],
      ['cancelled', true],
    ],
  )
  await turns()
  assert.deepEqual([living.size, await Promise.race([other, 'it goes on'])], [1, 'it goes on'])

  const waiting = call({ functionArn: 'starting', key: 's' })
  compute.stopCalls('starting')
  assert.deepEqual(await waiting, { outcome: 'cancelled', stopped: true })
  await compute.close()
})

const nextState = { ...revision, key: 'k2' }
for (const [what, state, stays] of [
  ['the state before', revision, 0],
  ['the new state', nextState, 1],
  ['the state before, debugged', debugRevision(revision, 'inspector'), 0],
  ['the new state, debugged', debugRevision(nextState, 'inspector'), 1],
] as const)
  test(`an instance of ${what} ${stays ? 'stays' : 'goes'} when the function was changed`, async () => {
    const clock = new ManualClock()
    const { driver, living } = answeringDriver()
    const compute = engine(
      {
        clock,
        log: silentLogger,
        logSink: discardingLogSink,
        meter: noMeter,
        warmPool: new WarmPool({ driver, clock, ids: randomIds, log: silentLogger, bootsAtOnce: 1 }),
        imageOf: () => ({ key: 'a', protocol: 'frames', argv: ['a'], env: {}, mounts: [] }),
        materialize: async () => ({ codeSource: '/c' }),
        processorIdleShare: () => 1,
        credentialsFor: async () => undefined,
        instancesMaxOf: () => undefined,
      },
      { idleMs: 300_000, freezeAfterMs: 0, instancesMax: 1 },
    )
    const { outcome } = await compute.invoke({
      revision: state,
      qualifier: 'LATEST',
      requestId: 'r',
      wantLogTail: false,
      event: Buffer.from('1'),
    })
    assert.equal(outcome, 'succeeded')
    compute.retireOthers(nextState)
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(living.size, stays)
    await compute.close()
  })

test('a function that was called every half hour is let go after a call, and is there before the next', async () => {
  const clock = new ManualClock()
  const { driver, living } = answeringDriver()
  let current: FunctionRevision | undefined = revision
  const compute = engine(
    {
      clock,
      log: silentLogger,
      logSink: discardingLogSink,
      meter: noMeter,
      warmPool: new WarmPool({ driver, clock, ids: randomIds, log: silentLogger, bootsAtOnce: 1 }),
      imageOf: () => ({ key: 'a', protocol: 'frames', argv: ['a'], env: {}, mounts: [] }),
      materialize: async () => ({ codeSource: '/c' }),
      processorIdleShare: () => 1,
      credentialsFor: async () => undefined,
      instancesMaxOf: () => undefined,
      ahead: { revisionNow: async () => current, newRequestId: () => 'r' },
    },
    { idleMs: 300_000, freezeAfterMs: 0, instancesMax: 1 },
  )
  const halfHours = Array(12).fill(30.5 * 60_000)
  const histogram = halfHours.reduce((known, idleMs) => observeIdle(known, idleMs), emptyHistogram)
  compute.restore([['arn:LATEST', histogram]])
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
  }
  const call = () =>
    compute.invoke({
      revision,
      qualifier: 'LATEST',
      requestId: 'r',
      wantLogTail: false,
      event: Buffer.from('1'),
    })
  const coldStartOf = async (): Promise<boolean> => {
    const outcome = await call()
    assert.ok(outcome.outcome === 'succeeded', outcome.outcome)
    return outcome.report.coldStart
  }
  assert.equal(await coldStartOf(), true)
  await pass(2000)
  assert.equal(living.size, 0)
  await pass(26 * 60_000)
  assert.equal(living.size, 0)
  await pass(60_000)
  assert.equal(living.size, 1)
  assert.equal(await coldStartOf(), false)
  // It is removed before the next call is due.
  current = undefined
  await pass(60 * 60_000)
  assert.equal(living.size, 0)
  await compute.close()
})

for (const byMs of [3_600_000, -3_600_000])
  test(`instances idle and calls run for as long as ever when the clock is put ${byMs > 0 ? 'forward' : 'back'} by an hour`, async () => {
    const clock = new ManualClock(1_700_000_000_000)
    const { driver, living } = answeringDriver()
    const compute = engine(
      {
        clock,
        log: silentLogger,
        logSink: discardingLogSink,
        meter: noMeter,
        warmPool: new WarmPool({ driver, clock, ids: randomIds, log: silentLogger, bootsAtOnce: 1 }),
        imageOf: () => ({ key: 'a', protocol: 'frames', argv: ['a'], env: {}, mounts: [] }),
        materialize: async () => ({ codeSource: '/c' }),
        processorIdleShare: () => 1,
        credentialsFor: async () => undefined,
        instancesMaxOf: () => undefined,
      },
      { idleMs: 300_000, freezeAfterMs: 0, instancesMax: 1 },
    )
    const call = () =>
      compute.invoke({
        revision,
        qualifier: 'LATEST',
        requestId: 'r',
        wantLogTail: false,
        event: Buffer.from('1'),
      })
    const pass = async (ms: number): Promise<void> => {
      clock.advance(ms)
      for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
    }
    const first = await call()
    assert.ok(first.outcome === 'succeeded')
    clock.jump(byMs)
    await pass(290_000)
    assert.equal(living.size, 1)
    const second = await call()
    assert.ok(second.outcome === 'succeeded' && !second.report.coldStart)
    assert.ok(second.report.durationMs >= 0 && second.report.durationMs < 60_000)
    await pass(290_000)
    assert.equal(living.size, 1)
    clock.jump(-byMs)
    await pass(20_000)
    assert.equal(living.size, 0)
    await compute.close()
  })
