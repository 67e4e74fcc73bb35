import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import { randomIds } from '../lib/ids.ts'
import { silentLogger } from '../lib/logger.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import { engine } from './engine.ts'
import { discardingLogSink } from './log-sink.ts'
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
function engineWithoutInstances(largeEventBytesMax: number) {
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
      warmPool: new WarmPool({ driver, clock, ids: randomIds, log: silentLogger, bootsAtOnce: 1 }),
      imageOf: () => new Promise<never>(() => {}),
      materialize: async () => ({ codeSource: '/c' }),
      processorIdleShare: () => 1,
      credentialsFor: async () => undefined,
      instancesMaxOf: () => undefined,
    },
    { idleMs: 1000, freezeAfterMs: 0, instancesMax: 10, largeEventBytesMax },
  )
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
