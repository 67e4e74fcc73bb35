import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type InstanceEvent, type InstanceState, next } from './instance-lifecycle.ts'

const idle: InstanceState = { is: 'idle', sinceMs: 5 }
const frozen: InstanceState = { is: 'frozen', sinceMs: 5 }
const busy = (invocations: number): InstanceState => ({ is: 'busy', invocations })
const stopped = (because: 'retired' | 'crashed'): InstanceState => ({ is: 'stopped', because })

const drawn: [InstanceState, InstanceEvent, InstanceState][] = [
  [{ is: 'starting' }, { type: 'ready', atMs: 5 }, idle],
  [{ is: 'starting' }, { type: 'retired' }, { is: 'stopping' }],
  [idle, { type: 'acquired' }, busy(1)],
  [idle, { type: 'frozen' }, frozen],
  [frozen, { type: 'acquired' }, busy(1)],
  [frozen, { type: 'thawed', atMs: 9 }, { is: 'idle', sinceMs: 9 }],
  [frozen, { type: 'retired' }, { is: 'stopping' }],
  [busy(1), { type: 'acquired' }, busy(2)],
  [busy(2), { type: 'released', atMs: 9 }, busy(1)],
  [busy(1), { type: 'released', atMs: 9 }, { is: 'idle', sinceMs: 9 }],
  [idle, { type: 'retired' }, { is: 'stopping' }],
  [{ is: 'stopping' }, { type: 'exited' }, stopped('retired')],
  [busy(3), { type: 'crashed' }, stopped('crashed')],
]

for (const [state, event, expected] of drawn) {
  test(`an instance that is ${JSON.stringify(state)}, when ${event.type}, becomes ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(next(state, event), expected)
  })
}

test('an instance that serves an invocation is never retired or frozen under it', () => {
  for (const type of ['retired', 'frozen'] as const) {
    assert.throws(() => next(busy(1), { type }), new RegExp(`an instance that is busy cannot be ${type}`))
  }
})

test('what is stopped stays stopped', () => {
  for (const type of ['acquired', 'retired', 'frozen', 'exited'] as const) {
    assert.throws(() => next(stopped('retired'), { type }), /an instance that is stopped/)
  }
})
