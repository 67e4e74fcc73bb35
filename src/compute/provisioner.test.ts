import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import { randomIds } from '../lib/ids.ts'
import { silentLogger } from '../lib/logger.ts'
import { parseSchedule } from '../lib/schedule-expression.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { ProvisionPlan } from '../ports/provisioning.ts'
import { provisioner } from './provisioner.ts'
import type { UseOfInstances } from './scaling/use-over-time.ts'

const minuteMs = 60_000

/** Functions and qualifiers that stand for revisions, and instances that are there as soon as they are asked for. */
function world() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const revisions = new Map<string, string>([['f/LATEST', 'f@1']])
  const kept = new Map<string, number>()
  const broken = new Map<string, string>()
  const uses = new Map<string, UseOfInstances>()
  let most = Number.POSITIVE_INFINITY
  const provisioning = provisioner({
    clock,
    ids: randomIds,
    log: silentLogger,
    resolve: async (functionName, qualifier) => {
      const key = revisions.get(`${functionName}/${qualifier}`)
      if (key === 'disabled') return key
      return key === undefined ? undefined : ({ key } as FunctionRevision)
    },
    instances: {
      keepReady: ({ key }, count) => void (count === 0 ? kept.delete(key) : kept.set(key, count)),
      useOf: async (key) => uses.get(key),
      readyOf(key) {
        const error = broken.get(key)
        return { ready: Math.min(kept.get(key) ?? 0, most), ...(error === undefined ? {} : { error }) }
      },
    },
  })
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await provisioning.reconcile()
  }
  return {
    clock,
    revisions,
    kept,
    broken,
    uses,
    provisioning,
    pass,
    limit: (count: number) => (most = count),
  }
}

const plan = (over: Partial<ProvisionPlan> = {}): ProvisionPlan => ({
  functionName: 'f',
  qualifier: 'LATEST',
  base: 2,
  scheduled: [],
  tracking: [],
  writtenMs: Date.UTC(2026, 0, 1),
  alwaysAllocateCpu: true,
  ...over,
})

test('a plan is carried out, changed and withdrawn, and says how far it has come', async () => {
  const { kept, provisioning, pass } = world()
  assert.deepEqual(provisioning.apply(plan()), { target: 2, current: 0 })
  await pass(0)
  assert.deepEqual([...kept], [['f@1', 2]])
  assert.deepEqual(provisioning.statusOf('f', 'LATEST'), { target: 2, current: 2 })
  // Two are there already.
  assert.deepEqual(provisioning.apply(plan({ base: 3 })), { target: 3, current: 2 })
  await pass(0)
  assert.equal(kept.get('f@1'), 3)
  provisioning.withdraw('f', 'LATEST')
  await pass(0)
  assert.equal(kept.size, 0)
  assert.equal(provisioning.statusOf('f', 'LATEST'), undefined)
})

test('new code takes the place of the old, and what two aliases ask of one version adds up', async () => {
  const { kept, revisions, provisioning, pass } = world()
  provisioning.apply(plan())
  await pass(0)
  revisions.set('f/LATEST', 'f@2').set('f/blue', 'f:7').set('f/green', 'f:7')
  provisioning.apply(plan({ qualifier: 'blue', base: 1 }))
  provisioning.apply(plan({ qualifier: 'green', base: 4 }))
  await pass(1000)
  assert.deepEqual(Object.fromEntries(kept), { 'f@2': 2, 'f:7': 5 })
  revisions.delete('f/green')
  await pass(1000)
  assert.equal(kept.get('f:7'), 1)
  assert.equal(provisioning.statusOf('f', 'green'), undefined)
})

test('while a function is disabled nothing is kept of it, and its plan waits', async () => {
  const { kept, revisions, provisioning, pass } = world()
  provisioning.apply(plan())
  await pass(0)
  revisions.set('f/LATEST', 'disabled')
  await pass(1000)
  assert.equal(kept.size, 0)
  const currentError = 'the function is disabled'
  assert.deepEqual(provisioning.statusOf('f', 'LATEST'), { target: 2, current: 0, currentError })
  revisions.set('f/LATEST', 'f@1')
  await pass(1000)
  assert.deepEqual(provisioning.statusOf('f', 'LATEST'), { target: 2, current: 2 })
})

test('it says why fewer are ready than should be, while that is so', async () => {
  const { broken, provisioning, pass, limit } = world()
  limit(1)
  broken.set('f@1', 'the initializer failed')
  provisioning.apply(plan())
  await pass(0)
  assert.deepEqual(provisioning.statusOf('f', 'LATEST'), {
    target: 2,
    current: 1,
    currentError: 'the initializer failed',
  })
  limit(2)
  assert.deepEqual(provisioning.statusOf('f', 'LATEST'), { target: 2, current: 2 })
})

test('schedules are followed as time passes', async () => {
  const { clock, kept, provisioning, pass } = world()
  const schedule = parseSchedule('cron(0 0 20 * * *)')!
  provisioning.apply(plan({ scheduled: [{ name: 's', schedule, timeZone: 'UTC', target: 9 }] }))
  await pass(19 * 60 * minuteMs)
  assert.equal(kept.get('f@1'), 2)
  await pass(60 * minuteMs)
  assert.equal(kept.get('f@1'), 9)
  assert.equal(clock.pendingTimers, 1)
  provisioning.close()
  assert.equal(clock.pendingTimers, 0)
})

test('a clock that jumps by an hour moves schedules and nothing else', async () => {
  const { clock, kept, provisioning, pass } = world()
  const evening = parseSchedule('cron(0 30 0 * * *)')!
  provisioning.apply(plan({ scheduled: [{ name: 's', schedule: evening, timeZone: 'UTC', target: 9 }] }))
  await pass(minuteMs)
  assert.equal(kept.get('f@1'), 2)
  clock.jump(60 * minuteMs)
  await pass(1000)
  assert.equal(kept.get('f@1'), 9)
  // It has not fired yet, as the clock has it now.
  clock.jump(-60 * minuteMs)
  await pass(1000)
  assert.equal(kept.get('f@1'), 2)
  await pass(30 * minuteMs)
  assert.equal(kept.get('f@1'), 9)
  assert.equal(clock.pendingTimers, 1)
  provisioning.close()
})

test('tracking follows the use of the last minute', async () => {
  const { kept, uses, provisioning, pass } = world()
  const use = (busySlots: number): void =>
    void uses.set('f@1', { slots: 10, busySlots, cpu: 1, cpuMs: new Map([['i', 0]]) })
  provisioning.apply(
    plan({
      base: 4,
      tracking: [{ name: 't', metric: 'concurrency', metricTarget: 0.5, min: 1, max: 10 }],
    }),
  )
  const minute = async (): Promise<number | undefined> => {
    for (let second = 0; second < 60; second += 5) await pass(5000)
    return kept.get('f@1')
  }
  use(10)
  await pass(0)
  assert.equal(kept.get('f@1'), 4)
  assert.equal(await minute(), 8)
  use(0)
  assert.equal(await minute(), 5)
  assert.equal(await minute(), 3)
})
