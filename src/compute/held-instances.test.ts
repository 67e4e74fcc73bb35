import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HeldInstances, type HeldTime } from './held-instances.ts'
import type { InstanceState } from './instance-lifecycle.ts'

interface Pooled {
  state: InstanceState
}
const instance = (is: string): Pooled => ({ state: { is } as InstanceState })
const set = (pooled: Pooled, is: string) => Object.assign(pooled, instance(is))

function world() {
  const told: HeldTime<Pooled>[] = []
  return { told, held: new HeldInstances((time) => told.push(time)) }
}
const times = (told: readonly HeldTime<Pooled>[]) =>
  told.map(({ fromMs, toMs, kind }) => `${kind} ${fromMs}-${toMs}`)

test('one that may sleep is held while it idles, and its calls are charged as any', () => {
  const { told, held } = world()
  const pooled = instance('idle')
  const all = new Set([pooled])
  held.look(all, { nowMs: 0, count: 1, awake: false })
  set(pooled, 'busy')
  held.look(all, { nowMs: 100, count: 1, awake: false })
  assert.equal(held.paysFor(pooled), false)
  set(pooled, 'idle')
  held.look(all, { nowMs: 150, count: 1, awake: false })
  held.look(all, { nowMs: 400, count: 0, awake: false })
  assert.deepEqual(times(told), ['lightSleep 0-100', 'lightSleep 150-400'])
})

test('one that never sleeps is held without a break, and pays for its calls', () => {
  const { told, held } = world()
  const pooled = instance('idle')
  const all = new Set([pooled])
  held.look(all, { nowMs: 0, count: 1, awake: true })
  set(pooled, 'busy')
  held.look(all, { nowMs: 100, count: 1, awake: true })
  assert.equal(held.paysFor(pooled), true)
  held.tellNow(9000)
  held.tellNow(12_000)
  set(pooled, 'stopped')
  held.look(all, { nowMs: 15_000, count: 1, awake: true })
  assert.deepEqual(times(told), ['provisioned 0-12000', 'provisioned 12000-15000'])
  assert.deepEqual(
    told.map(({ sinceMs }) => sinceMs),
    [0, 0],
  )
  assert.equal(held.isEmpty, true)
})

test('instances beyond those that are kept are not held; busy ones count among the kept', () => {
  const { told, held } = world()
  const all = new Set([instance('busy'), instance('idle'), instance('idle')])
  held.look(all, { nowMs: 0, count: 2, awake: false })
  held.look(all, { nowMs: 10, count: 1, awake: false })
  assert.deepEqual(times(told), ['lightSleep 0-10'])
  assert.equal(held.isEmpty, true)
})

test('times of one instance never overlap, run forwards, and are never of more instances than are kept', () => {
  const step = fc.record({
    ms: fc.integer({ min: 0, max: 20_000 }),
    which: fc.nat(3),
    is: fc.constantFrom('idle', 'busy', 'frozen', 'stopped'),
    count: fc.nat(4),
    awake: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { told, held } = world()
      const instances = [0, 1, 2, 3].map(() => instance('idle'))
      let nowMs = 0
      let countMost = 0
      for (const { ms, which, is, count, awake } of steps) {
        nowMs += ms
        set(instances[which]!, is)
        held.look(new Set(instances), { nowMs, count, awake })
        held.tellNow(nowMs)
        countMost = Math.max(countMost, count)
      }
      held.look(new Set(), { nowMs, count: 0, awake: false })
      assert.equal(held.isEmpty, true)
      const sum = told.reduce((ms, { fromMs, toMs }) => ms + toMs - fromMs, 0)
      assert.ok(sum <= countMost * nowMs)
      for (const pooled of instances) {
        const own = told.filter((time) => time.pooled === pooled)
        for (const [index, { sinceMs, fromMs, toMs }] of own.entries()) {
          assert.ok(sinceMs <= fromMs && fromMs < toMs)
          if (index > 0) assert.ok(own[index - 1]!.toMs <= fromMs)
        }
      }
    }),
  )
})
