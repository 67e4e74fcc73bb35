import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { FunctionRevision } from '../../ports/invocation.ts'
import { attributesOf, startCollector } from './collector.testing.ts'
import { functionCounts } from './function-counts.ts'
import { metricFamilies } from './metric-families.ts'
import { otlpExport } from './otlp.ts'
import { spansMax } from './span-queue.ts'

const revision = { functionName: 'f', functionArn: 'arn', versionId: 'LATEST' } as FunctionRevision
const call = { revision, requestId: 'r', qualifier: 'LATEST' }
const ended = { ...call, outcome: 'succeeded' as const, coldStart: false, durationMs: 1 }

async function exporting(t: TestContext, { sampleRatio = 1 } = {}) {
  const collector = await startCollector()
  const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'))
  const counts = functionCounts()
  const warnings: string[] = []
  const families = () =>
    metricFamilies({
      counts,
      now: async () => ({
        instances: [],
        pools: [],
        backlog: [],
        version: '1',
        startedMs: 0,
        spansDropped: otlp.spansDropped(),
      }),
    })
  const otlp = otlpExport(
    { clock, log: { ...silentLogger, warn: (_, sentence) => void warnings.push(sentence) }, families },
    { endpoint: `${collector.endpoint}/`, sampleRatio, resource: { 'service.name': 'test' }, startedMs: 0 },
  )
  t.after(async () => {
    await otlp.close()
    await collector.close()
  })
  return { collector, clock, counts, otlp, warnings }
}

test('spans have the times of the clock that does not jump', async (t) => {
  const { collector, clock, otlp } = await exporting(t)
  const trace = otlp.spans.begin(call)
  clock.advance(50)
  otlp.spans.startEnded({
    revision,
    instanceId: 'c',
    outcome: 'started',
    durationMs: 40,
    phases: [
      { phase: 'sandbox', durationMs: 15 },
      { phase: 'bind', durationMs: 25 },
    ],
    trace,
  })
  clock.jump(3_600_000)
  clock.advance(10)
  otlp.spans.ended({ ...ended, durationMs: 10, trace })
  await otlp.flush()
  const at = (nanoseconds: string) => Number(BigInt(nanoseconds) / 1_000_000n) - Date.parse('2026-01-01')
  assert.deepEqual(
    Object.fromEntries(
      collector.spans.map(({ name, startTimeUnixNano: from, endTimeUnixNano: to }) => [
        name,
        [at(from), at(to)],
      ]),
    ),
    {
      start: [10, 50],
      'start sandbox': [10, 25],
      'start bind': [25, 50],
      execute: [50, 60],
      f: [0, 60],
    },
  )
})

test('beyond the room for spans they are dropped, and counted in a metric', async (t) => {
  const { collector, otlp, counts } = await exporting(t)
  collector.status = 400
  // Two spans each: nothing is sent before this turn of the event loop ends.
  for (let index = 0; index < spansMax / 2 + 5; index++) {
    otlp.spans.ended({ ...ended, trace: otlp.spans.begin(call) })
    counts.ended(ended)
  }
  assert.equal(otlp.spansDropped(), 10)
  await otlp.flush()
  assert.equal(otlp.spansDropped(), spansMax + 10, 'those that the collector refused, too')
  collector.status = 200
  otlp.spans.ended({ ...ended, trace: otlp.spans.begin(call) })
  await otlp.flush()
  assert.equal(collector.spans.length, 2, 'there is room again')
  await otlp.flush()
  assert.equal(collector.metrics.get('hanshu_spans_dropped')?.sum?.dataPoints[0]?.asDouble, spansMax + 10)
})

test('metrics go out each half minute, as sums since the begin and with their units', async (t) => {
  const { collector, clock, counts } = await exporting(t)
  counts.ended({ ...ended, durationMs: 3 })
  clock.advance(30_000)
  while (!collector.metrics.has('hanshu_invocations')) await new Promise(setImmediate)
  const sum = collector.metrics.get('hanshu_invocations')?.sum
  assert.deepEqual([sum?.isMonotonic, sum?.aggregationTemporality], [true, 2])
  assert.deepEqual(attributesOf(sum!.dataPoints[0]!), { function: 'f', outcome: 'succeeded' })
  const duration = collector.metrics.get('hanshu_invocation_duration_seconds')!
  assert.equal(duration.unit, 's')
  const [point] = duration.histogram!.dataPoints
  assert.deepEqual([point?.count, point?.sum, point?.bucketCounts.indexOf(1)], [1, 0.003, 2])
})

test('a collector that is not there is warned of once', async (t) => {
  const { collector, otlp, warnings } = await exporting(t)
  collector.status = 400
  for (let round = 0; round < 3; round++) {
    otlp.spans.ended({ ...ended, trace: otlp.spans.begin(call) })
    await otlp.flush()
  }
  assert.deepEqual(warnings.toSorted(), [
    'a collector does not take metrics: they are dropped',
    'a collector does not take spans: they are dropped',
  ])
})

test('of a share of none no span goes out but those of callers that ask for it', async (t) => {
  const { collector, otlp } = await exporting(t, { sampleRatio: 0 })
  const trace = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` }
  otlp.spans.ended({ ...ended, trace: otlp.spans.begin(call) })
  otlp.spans.ended({ ...ended, trace: otlp.spans.begin({ ...call, trace }) })
  await otlp.flush()
  assert.deepEqual(new Set(collector.spans.map(({ traceId }) => traceId)), new Set(['1'.repeat(32)]))
})
