import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { turn } from './events.testing.ts'
import { type Step, stepLoops } from './step-loops.ts'

function world(atOnceMax?: number) {
  const clock = new ManualClock()
  const steps: string[] = []
  /** What each step says, in order; `idle` when there is no more. */
  const says: Step[] = []
  const held: (() => void)[] = []
  const state = { holds: false }
  const loops = stepLoops({
    async step(key) {
      steps.push(key)
      if (state.holds) await new Promise<void>((done) => held.push(done))
      return says.shift() ?? 'idle'
    },
    clock,
    retryMinMs: 10,
    retryMaxMs: 35,
    ...(atOnceMax === undefined ? {} : { atOnceMax }),
  })
  return { clock, steps, says, held, state, loops }
}

describe('a loop of steps', () => {
  test('steps until there is nothing to do, and only after the start', async () => {
    const { loops, steps, says } = world()
    loops.wake('a')
    await turn()
    assert.deepEqual(steps, [])
    loops.start()
    says.push('more', 'more')
    loops.wake('a')
    await turn()
    assert.deepEqual(steps, ['a', 'a', 'a'])
  })

  test('that is woken while it steps, steps once more', async () => {
    const { loops, steps, state, held } = world()
    loops.start()
    state.holds = true
    loops.wake('a')
    loops.wake('a')
    loops.nudge('a')
    assert.ok(loops.isStepping('a'))
    held.shift()!()
    await turn()
    held.shift()!()
    await turn()
    assert.deepEqual(steps, ['a', 'a'])
    assert.ok(!loops.isStepping('a'))
  })

  test('that fails tries again after 10, 20, 35 and 35 ms, and is not nudged meanwhile, but woken', async () => {
    const { loops, steps, says, clock } = world()
    loops.start()
    says.push('retry', 'retry', 'retry', 'retry', 'retry')
    loops.wake('a')
    await turn()
    for (const waitMs of [10, 20, 35, 35]) {
      const before: number = steps.length
      clock.advance(waitMs - 1)
      loops.nudge('a')
      await turn()
      assert.equal(steps.length, before)
      clock.advance(1)
      await turn()
      assert.equal(steps.length, before + 1)
    }
    loops.wake('a')
    await turn()
    assert.equal(steps.length, 6)
    assert.equal(clock.pendingTimers, 0)
  })

  test('that waits for nothing that failed is nudged, and looks again by itself', async () => {
    const { loops, steps, says, clock } = world()
    loops.start()
    says.push({ waitMs: 100 }, { waitMs: 100 })
    loops.wake('a')
    await turn()
    loops.nudge('a')
    await turn()
    assert.equal(steps.length, 2)
    clock.advance(100)
    await turn()
    assert.equal(steps.length, 3)
  })

  test('waits where as many step as may; when it is closed, those that step end and no other begins', async () => {
    const { loops, steps, state, held } = world(1)
    loops.start()
    state.holds = true
    loops.wake('a')
    loops.wake('b')
    loops.wake('c')
    await turn()
    assert.deepEqual(steps, ['a'])
    held.shift()!()
    await turn()
    assert.deepEqual(steps, ['a', 'b'])
    const closed = loops.close()
    held.shift()!()
    await closed
    await turn()
    assert.deepEqual(steps, ['a', 'b'])
  })
})
