import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextTick, parseTimerSchedule } from '../../lib/timer-schedule.ts'
import { dueTick, lateMsMax } from './due-tick.ts'

const daily = parseTimerSchedule('0 0 4 * * *')!
const at = (text: string): number => Date.parse(text)
const sinceMs = at('2026-01-01T00:00:00Z')

test('a tick is due from its second on, and not when it is done with', () => {
  const tickMs = at('2026-01-01T04:00:00Z')
  assert.equal(dueTick({ schedule: daily, sinceMs }, tickMs - 1), undefined)
  assert.deepEqual(dueTick({ schedule: daily, sinceMs }, tickMs), { tickMs, fires: true })
  assert.equal(dueTick({ schedule: daily, sinceMs, doneMs: tickMs }, tickMs + 1000), undefined)
  assert.equal(dueTick({ schedule: daily, sinceMs: tickMs }, tickMs + 1000), undefined)
})

test('what was missed by an hour or less is made up for, and what is later is not', () => {
  const tickMs = at('2026-01-01T04:00:00Z')
  assert.deepEqual(dueTick({ schedule: daily, sinceMs }, tickMs + lateMsMax), { tickMs, fires: true })
  assert.deepEqual(dueTick({ schedule: daily, sinceMs }, tickMs + lateMsMax + 1), {
    tickMs,
    fires: false,
    missedFromMs: tickMs,
  })
})

test('of many that were missed the newest is fired', () => {
  const schedule = parseTimerSchedule('@every 5m')!
  assert.deepEqual(dueTick({ schedule, sinceMs }, at('2026-01-03T00:02:00Z')), {
    tickMs: at('2026-01-03T00:00:00Z'),
    fires: true,
    missedFromMs: at('2026-01-01T00:05:00Z'),
  })
})

test('whenever one looks, in whatever order, no tick is fired twice and each one that fires is of the schedule', () => {
  const expression = fc.constantFrom('*/2 * * * * *', '@every 1m', '0 0 * * * *', '0 30 4 * * *')
  fc.assert(
    fc.property(
      expression,
      // The wall clock at each look, as it goes on, stands, or is put forward or back.
      fc.array(fc.integer({ min: -7_200_000, max: 7_200_000 }), { maxLength: 40 }),
      (text, steps) => {
        const schedule = parseTimerSchedule(text)!
        const fired: number[] = []
        let nowMs = sinceMs
        let doneMs: number | undefined
        for (const stepMs of steps) {
          nowMs += stepMs
          const due = dueTick({ schedule, sinceMs, doneMs }, nowMs)
          if (!due?.fires) continue
          assert.ok(due.tickMs <= nowMs && nowMs - due.tickMs <= lateMsMax)
          assert.equal(nextTick(schedule, { sinceMs, afterMs: due.tickMs - 1 }), due.tickMs)
          fired.push(due.tickMs)
          doneMs = due.tickMs
        }
        assert.deepEqual(
          fired,
          [...new Set(fired)].sort((a, b) => a - b),
        )
      },
    ),
  )
})
