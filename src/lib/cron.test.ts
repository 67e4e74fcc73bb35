import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCron, previousFire } from './cron.ts'
import { instantOf, isTimeZone, localTime, offsetMs, utcOf } from './zoned-time.ts'

const at = (text: string): number => Date.parse(text)
const previous = (expression: string, zone: string, now: string, notBefore?: string): string | undefined => {
  const ms = previousFire(
    parseCron(expression)!,
    zone,
    at(now),
    notBefore === undefined ? undefined : at(notBefore),
  )
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

test('the expressions of the vendor are read, and what is none is refused', () => {
  for (const text of [
    '0 0 20 * * *',
    '0 0/30 * * * ?',
    '0 0 4 ? * MON-FRI',
    '5,7 1-9/3 0 29 feb *',
    '* * * * * *',
  ]) {
    assert.ok(parseCron(text), text)
  }
  const wrong = [
    '',
    '0 0 20 * *',
    '60 0 0 * * *',
    '0 0 24 * * *',
    '0 0 0 0 * *',
    '0 0 0 * 13 *',
    '0 0 0 * * 0',
    '0 0 0 * * 8',
  ]
  for (const text of [
    ...wrong,
    '0 0 0 * ? *',
    '0 5-1 0 * * *',
    '0 0/0 0 * * *',
    '0 , 0 * * *',
    '0 -1 0 * * *',
    '0 a 0 * * *',
  ]) {
    assert.equal(parseCron(text), undefined, text)
  }
  assert.equal(parseCron(`${'0,'.repeat(200)}0 0 0 * * *`), undefined)
})

test('the latest time at which an expression fired is found by the clocks of its zone', () => {
  const evening = '0 0 20 * * *'
  assert.equal(previous(evening, 'UTC', '2024-08-02T20:00:00Z'), '2024-08-02T20:00:00.000Z')
  assert.equal(previous(evening, 'UTC', '2024-08-02T19:59:59Z'), '2024-08-01T20:00:00.000Z')
  assert.equal(previous(evening, 'Asia/Shanghai', '2024-08-02T13:00:00Z'), '2024-08-02T12:00:00.000Z')
  assert.equal(previous(evening, 'UTC', '2024-08-02T19:00:00Z', '2024-08-01T20:00:01Z'), undefined)
  assert.equal(previous('0 0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z'), '2024-02-29T00:00:00.000Z')
  assert.equal(previous('0 0 0 30 2 *', 'UTC', '2026-01-01T00:00:00Z'), undefined)
  assert.equal(previous('0 0 8 * * MON', 'UTC', '2026-11-28T12:00:00Z'), '2026-11-23T08:00:00.000Z')
})

test('a time that the clocks skip does not fire, and one that they show twice fires the first time', () => {
  const berlin = 'Europe/Berlin'
  assert.equal(previous('0 30 2 * * *', berlin, '2025-03-30T12:00:00Z'), '2025-03-29T01:30:00.000Z')
  for (const now of ['2025-10-26T00:30:00Z', '2025-10-26T01:45:00Z', '2025-10-26T12:00:00Z']) {
    assert.equal(previous('0 30 2 * * *', berlin, now), '2025-10-26T00:30:00.000Z')
  }
  assert.equal(previous('0 45 2 * * *', berlin, '2025-10-26T01:15:00Z'), '2025-10-26T00:45:00.000Z')
})

const zone = fc.constantFrom(
  'UTC',
  'Asia/Shanghai',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
)
const instant = fc
  .integer({ min: at('2024-01-01T00:00:00Z') / 1000, max: at('2027-01-01T00:00:00Z') / 1000 })
  .map((s) => s * 1000)

test('a local time leads back to the instant at which it was first shown', () => {
  fc.assert(
    fc.property(zone, instant, (timeZone, ms) => {
      const local = localTime(timeZone, ms)
      const first = instantOf(timeZone, local)!
      assert.deepEqual(localTime(timeZone, first), local)
      assert.ok(first <= ms && ms - first <= 3_600_000)
      assert.equal(utcOf(local) - offsetMs(timeZone, ms), ms)
    }),
  )
  assert.equal(isTimeZone('Asia/Shanghai'), true)
  assert.equal(isTimeZone('Moon/Base'), false)
  assert.equal(isTimeZone(''), false)
})

test('what is found fires, and nothing between it and now does', () => {
  const few = (low: number, high: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 }).map(String),
    )
  const expression = fc
    .tuple(fc.constant('0'), few(0, 59), few(0, 23), few(1, 28), fc.constant('*'), few(1, 7))
    .map((parts) => parts.join(' '))
  fc.assert(
    fc.property(expression, zone, instant, (text, timeZone, nowMs) => {
      const cron = parseCron(text)!
      const found = previousFire(cron, timeZone, nowMs)
      assert.ok(found === undefined || found <= nowMs)
      // Minute by minute through the hours before; the first time that matches is what was to be found.
      const minuteMs = 60_000
      const startMs = Math.floor(nowMs / minuteMs) * minuteMs
      for (let ms = startMs; ms > startMs - 30 * 60 * minuteMs; ms -= 7 * minuteMs) {
        if (ms === found) break
        const local = localTime(timeZone, ms)
        const day = new Date(utcOf(local)).getUTCDay() || 7
        const fires =
          cron.minutes.includes(local.minute) &&
          cron.hours.includes(local.hour) &&
          cron.daysOfMonth.has(local.day) &&
          cron.daysOfWeek.has(day) &&
          instantOf(timeZone, local) === ms
        if (fires) assert.ok(found !== undefined && found >= ms, `${new Date(ms).toISOString()} fires later`)
      }
      if (found === undefined) return
      const local = localTime(timeZone, found)
      assert.ok(cron.minutes.includes(local.minute) && cron.hours.includes(local.hour) && local.second === 0)
      assert.ok(
        cron.daysOfMonth.has(local.day) && cron.daysOfWeek.has(new Date(utcOf(local)).getUTCDay() || 7),
      )
    }),
  )
})
