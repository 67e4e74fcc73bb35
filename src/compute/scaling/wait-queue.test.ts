import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { enqueue, expire, type WaitQueue } from './wait-queue.ts'

test('a queue never holds more than its bound, nobody stays beyond the deadline, and all leave in their order', () => {
  const settings = fc.record({ waitingMax: fc.nat(5), waitMaxMs: fc.nat(500) })
  const step = fc.oneof(fc.record({ joins: fc.constant(true) }), fc.record({ passesMs: fc.nat(300) }))
  fc.assert(
    fc.property(settings, fc.array(step, { maxLength: 60 }), ({ waitingMax, waitMaxMs }, steps) => {
      let queue: WaitQueue<number> = []
      let [nowMs, next] = [0, 0]
      const joinedMs: number[] = []
      const left: number[] = []
      for (const happens of steps) {
        if ('passesMs' in happens) nowMs += happens.passesMs
        else {
          const longer = enqueue(queue, next, nowMs, { waitingMax, waitMaxMs })
          assert.equal(longer === undefined, queue.length === waitingMax)
          if (longer) {
            queue = longer
            joinedMs[next++] = nowMs
          }
        }
        const { queue: rest, expired } = expire(queue, nowMs)
        queue = rest
        left.push(...expired)
        assert.ok(queue.length <= waitingMax)
        for (const { item } of queue) assert.ok(nowMs - joinedMs[item]! < waitMaxMs)
        for (const item of expired) assert.ok(nowMs - joinedMs[item]! >= waitMaxMs)
      }
      assert.deepEqual([...left, ...queue.map(({ item }) => item)], [...Array(next).keys()])
    }),
  )
})
