import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { StartFailure } from '../live-instance.ts'
import { CallMeter } from './call-meter.ts'
import type { MeteredInvocation } from './meter.ts'
import { revision } from './testing.fixture.ts'

function setUp(instanceConcurrency = 1) {
  const clock = new ManualClock(1_000_000)
  const entered: MeteredInvocation[] = []
  const meter = { invoked: (entry: MeteredInvocation) => void entered.push(entry), held: () => {} }
  const instance = { revision: { ...revision, instanceConcurrency }, instanceId: 'c-1' }
  const call = () => ({ requestId: 'r', qualifier: 'live', retryCount: 1, metered: false })
  return { clock, entered, calls: new CallMeter({ meter, clock }), instance, call }
}

test('a call is entered once, with whole ms, one at least', () => {
  const { calls, instance, call, entered } = setUp()
  const first = calls.begin(instance, call())
  calls.end(instance, first, 12.01, 'succeeded')
  calls.end(instance, first, 50, 'cancelled')
  calls.end(instance, calls.begin(instance, call()), 0.001, 'cancelled')
  assert.deepEqual(
    entered.map(({ billedMs, activeMs, outcome }) => [billedMs, activeMs, outcome]),
    [
      [13, 13, 'succeeded'],
      [1, 1, 'cancelled'],
    ],
  )
  assert.deepEqual([entered[0]!.qualifier, entered[0]!.retryCount, entered[0]!.kind], ['live', 1, 'onDemand'])
})

test('a call that no code of the function has seen is not', () => {
  for (const instanceConcurrency of [1, 5]) {
    const { calls, instance, call, entered } = setUp(instanceConcurrency)
    calls.end(instance, calls.begin(instance, call()), undefined, 'cancelled')
    assert.deepEqual(entered, [])
  }
})

test('calls that share an instance are charged for the time that it is at work', () => {
  const { calls, clock, instance, call, entered } = setUp(2)
  const first = calls.begin(instance, call())
  clock.advance(30)
  const second = calls.begin(instance, call())
  clock.advance(10)
  calls.end(instance, first, 40, 'succeeded')
  clock.advance(5)
  calls.end(instance, second, 15, 'succeeded')
  assert.deepEqual(entered.map(({ billedMs, activeMs }) => [billedMs, activeMs]), [[40, 40], [15, 5]]) // biome-ignore format: one line
})

test('a start that failed in the initializer is charged as what its caller was told', () => {
  const { calls, instance, entered } = setUp()
  const failure = new StartFailure('handler', Buffer.from('{}'))
  failure.instanceId = 'c-9'
  failure.durationMs = 120.5
  calls.startFailed({ revision: instance.revision, requestId: 'r', qualifier: 'LATEST' }, failure)
  const [{ instanceId, billedMs, activeMs, outcome, retryCount }] = entered as [MeteredInvocation]
  assert.deepEqual([instanceId, billedMs, activeMs, outcome, retryCount], ['c-9', 121, 121, 'initializationError', 0]) // biome-ignore format: one line
})
