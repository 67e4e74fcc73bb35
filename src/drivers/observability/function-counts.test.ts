import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FunctionRevision } from '../../ports/invocation.ts'
import type { EndedCall } from '../../ports/observer.ts'
import { type Counts, functionCounts, otherFunctions } from './function-counts.ts'
import { durationBounds, emptyHistogram, observe } from './histogram.ts'
import { metricFamilies, type PlatformNow } from './metric-families.ts'
import { readOpenMetrics, sampleOf } from './open-metrics.testing.ts'
import { openMetricsText } from './open-metrics.ts'

const revisionOf = (functionName: string) => ({ functionName }) as FunctionRevision
const quiet: PlatformNow = {
  instances: [],
  pools: [],
  backlog: [],
  version: '1',
  startedMs: 0,
  spansDropped: 0,
}

async function read(counts: Counts, now: Partial<PlatformNow> = {}) {
  const families = await metricFamilies({ counts, now: async () => ({ ...quiet, ...now }) })
  return readOpenMetrics(await openMetricsText(families))
}

function call(counts: Counts, functionName: string, ended: Partial<EndedCall>): void {
  const revision = revisionOf(functionName)
  counts.ended({
    revision,
    requestId: 'r',
    qualifier: 'LATEST',
    outcome: 'succeeded',
    coldStart: false,
    ...ended,
  })
}

test('a call counts by its outcome; one that reached an instance counts its time, too', async () => {
  const counts = functionCounts()
  call(counts, 'f', { durationMs: 3, coldStart: true })
  call(counts, 'f', { outcome: 'unhandledError', because: 'memory', durationMs: 700_000 })
  call(counts, 'f', { outcome: 'throttled' })
  call(counts, 'f', { outcome: 'cancelled', durationMs: 0 })
  const samples = await read(counts)
  const of = (name: string, labels = {}) => sampleOf(samples, name, { function: 'f', ...labels })
  assert.deepEqual(
    ['succeeded', 'unhandledError', 'throttled', 'cancelled', 'platformError'].map((outcome) =>
      of('hanshu_invocations_total', { outcome }),
    ),
    [1, 1, 1, 1, 0],
  )
  assert.equal(of('hanshu_function_errors_total', { type: 'UnhandledInvocationError', cause: 'memory' }), 1)
  assert.equal(of('hanshu_invocation_duration_seconds_count'), 2)
  assert.equal(of('hanshu_invocation_duration_seconds_sum'), 700.003)
  assert.equal(of('hanshu_invocation_duration_seconds_bucket', { le: '0.0025' }), 0)
  assert.equal(of('hanshu_invocation_duration_seconds_bucket', { le: '0.005' }), 1)
  assert.equal(of('hanshu_invocation_duration_seconds_bucket', { le: '600' }), 1)
  assert.equal(
    sampleOf(samples, 'hanshu_cold_start_phase_duration_seconds_sum', { phase: 'first_call' }),
    0.003,
  )
})

test('phases count of starts that succeeded; others count as what they were', async () => {
  const counts = functionCounts()
  const start = { revision: revisionOf('f'), instanceId: 'c', durationMs: 30 }
  const phases = [
    { phase: 'sandbox' as const, durationMs: 10 },
    { phase: 'bind' as const, durationMs: 20 },
  ]
  counts.startEnded({ ...start, outcome: 'started', phases })
  counts.startEnded({ ...start, outcome: 'failed', phases })
  counts.startEnded({ ...start, outcome: 'calledOff', phases: [] })
  const samples = await read(counts)
  for (const outcome of ['started', 'failed', 'calledOff'])
    assert.equal(sampleOf(samples, 'hanshu_instance_starts_total', { function: 'f', outcome }), 1)
  const phase = (name: string) =>
    sampleOf(samples, 'hanshu_cold_start_phase_duration_seconds_sum', { phase: name })
  assert.deepEqual(['sandbox', 'bind', 'listen'].map(phase), [0.01, 0.02, 0])
})

test('functions beyond the bound are counted together, everywhere, until a name is free', async () => {
  const counts = functionCounts(2)
  for (const name of ['a', 'b', 'c', 'd']) call(counts, name, { durationMs: 1 })
  const instances = ['a', 'c', 'd'].map((functionName) => ({ functionName, state: 'idle' }))
  const backlog = [
    { functionName: 'c', waiting: 2, oldestSeconds: 5 },
    { functionName: 'd', waiting: 3, oldestSeconds: 4 },
  ]
  const samples = await read(counts, { instances, backlog })
  const other = { function: otherFunctions }
  assert.equal(sampleOf(samples, 'hanshu_invocations_total', { ...other, outcome: 'succeeded' }), 2)
  assert.equal(sampleOf(samples, 'hanshu_instances', { ...other, state: 'idle' }), 2)
  assert.equal(sampleOf(samples, 'hanshu_async_queue_depth', other), 5)
  assert.equal(sampleOf(samples, 'hanshu_async_queue_oldest_age_seconds', other), 5)
  counts.forget('a')
  call(counts, 'c', { durationMs: 1 })
  assert.equal(sampleOf(await read(counts), 'hanshu_invocations_total', { function: 'c' }), 1)
})

test('pools of an image and those booted for one function only are one series', async () => {
  const pools = [
    { image: 'nodejs20', ready: 2, booting: 1 },
    { image: 'nodejs20 (its own 7)', ready: 0, booting: 1 },
  ]
  const samples = await read(functionCounts(), { pools })
  const state = (name: string) =>
    sampleOf(samples, 'hanshu_warm_pool_instances', { image: 'nodejs20', state: name })
  assert.deepEqual([state('ready'), state('booting')], [2, 2])
})

test('what the last round of the scrubber found has a series each, and none before there was a round', async () => {
  const scrubbed = { endedMs: 5000, damaged: 3, written: 2, short: 0, lost: 1 }
  const samples = await read(functionCounts(), { scrubbed })
  assert.equal(sampleOf(samples, 'hanshu_scrub_found', { what: 'lost' }), 1)
  assert.equal(sampleOf(samples, 'hanshu_scrub_found', { what: 'short' }), 0)
  assert.equal(sampleOf(samples, 'hanshu_scrub_end_time_seconds', {}), 5)
  const before = await read(functionCounts())
  assert.ok(!before.some(({ name }) => name.startsWith('hanshu_scrub')))
})

test('whatever a function is called, the text is valid and says it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, unit: 'binary' }), { maxLength: 5 }),
      async (names) => {
        const counts = functionCounts()
        for (const name of names) call(counts, name, { durationMs: 1 })
        const seen = (await read(counts))
          .filter(({ name }) => name === 'hanshu_invocations_total')
          .map(({ labels }) => labels['function'])
        assert.deepEqual(new Set(seen), new Set(names))
      },
    ),
  )
})

test('every duration is in the one bucket that is made for it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
      const histogram = emptyHistogram()
      observe(histogram, seconds)
      const at = histogram.buckets.indexOf(1)
      assert.ok(seconds <= (durationBounds[at] ?? Number.POSITIVE_INFINITY))
      assert.ok(seconds > (durationBounds[at - 1] ?? -1))
    }),
  )
})
