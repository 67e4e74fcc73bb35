import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cron, nextFire, parseCron, previousFire } from './cron.ts'
import { instantOf, isTimeZone, localTime, offsetChange, offsetMs, utcOf } from './zoned-time.ts'

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

const next = (expression: string, zone: string, after: string): string | undefined => {
  const ms = nextFire(parseCron(expression)!, zone, at(after))
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

test('the next time is found by the clocks of the zone, years ahead if need be, and none where there is none', () => {
  const evening = '0 0 20 * * *'
  assert.equal(next(evening, 'UTC', '2024-08-02T19:59:59.999Z'), '2024-08-02T20:00:00.000Z')
  assert.equal(next(evening, 'UTC', '2024-08-02T20:00:00Z'), '2024-08-03T20:00:00.000Z')
  assert.equal(next(evening, 'Asia/Shanghai', '2024-08-02T12:00:00Z'), '2024-08-03T12:00:00.000Z')
  assert.equal(next('0 0 0 29 2 *', 'Europe/Berlin', '2096-03-01T00:00:00Z'), '2104-02-28T23:00:00.000Z')
  assert.equal(next('0 0 0 30 2 *', 'Europe/Berlin', '2026-01-01T00:00:00Z'), undefined)
  // The last Sunday of March is the day on which these clocks skip that hour.
  assert.equal(next('0 30 2 25-31 MAR SUN', 'Europe/Berlin', '2026-01-01T00:00:00Z'), undefined)
})

test('where the clocks change, fixed times fire at most once and what is for every hour goes on', () => {
  const all = (expression: string, zone: string, from: string, to: string) => {
    const fires: string[] = []
    for (let after = from; ; ) {
      const fire = next(expression, zone, after)
      if (fire === undefined || at(fire) > at(to)) return fires.map((text) => text.slice(11, 16))
      fires.push(fire)
      after = fire
    }
  }
  const autumn = ['Europe/Berlin', '2025-10-25T23:50:00Z', '2025-10-26T02:30:00Z'] as const
  assert.deepEqual(all('0 30 2 * * *', ...autumn), ['00:30'])
  assert.deepEqual(all('0 0,30 1-3 * * *', ...autumn), ['00:00', '00:30', '02:00', '02:30'])
  assert.deepEqual(all('0 30 * * * *', ...autumn), ['00:30', '01:30', '02:30'])
  const spring = ['Europe/Berlin', '2025-03-29T23:50:00Z', '2025-03-30T02:10:00Z'] as const
  assert.deepEqual(all('0 30 2 * * *', ...spring), [])
  assert.deepEqual(all('0 0,30 1-3 * * *', ...spring), ['00:00', '00:30', '01:00', '01:30'])
  assert.deepEqual(all('0 30 * * * *', ...spring), ['00:30', '01:30'])
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

test('the change of an offset is found from either side, to the second', () => {
  const autumn = at('2025-10-26T01:00:00Z')
  const [before, after] = [autumn - 40 * 86_400_000, autumn + 40 * 86_400_000]
  assert.equal(offsetChange('Europe/Berlin', before, after), autumn)
  assert.equal(offsetChange('Europe/Berlin', after, before), autumn - 1000)
  assert.equal(offsetChange('Europe/Berlin', before, autumn), autumn)
  assert.equal(offsetChange('Europe/Berlin', before, autumn - 1000), undefined)
  assert.equal(offsetChange('Asia/Shanghai', before, after), undefined)
})

const few = (low: number, high: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 }).map(String),
  )
const expression = fc
  .tuple(fc.constant('0'), few(0, 59), few(0, 23), few(1, 28), few(1, 12), few(1, 7))
  .map((parts) => parts.join(' '))
/** An hour or so around a change of the clocks, half of the time. */
const anyInstant = fc.oneof(
  instant,
  fc
    .tuple(
      fc.constantFrom(
        '2025-03-30T01:00:00Z',
        '2025-10-26T01:00:00Z',
        '2025-03-09T07:00:00Z',
        '2025-11-02T06:00:00Z',
        '2025-04-05T15:00:00Z',
        '2025-10-04T15:30:00Z',
      ),
      fc.integer({ min: -4 * 3600, max: 4 * 3600 }),
    )
    .map(([change, seconds]) => at(change) + seconds * 1000),
)

/** The rule itself, read off the clocks. */
function fires(cron: Cron, timeZone: string, ms: number): boolean {
  const local = localTime(timeZone, ms)
  return (
    cron.seconds.includes(local.second) &&
    cron.minutes.includes(local.minute) &&
    cron.hours.includes(local.hour) &&
    cron.daysOfMonth.has(local.day) &&
    cron.months.has(local.month) &&
    cron.daysOfWeek.has(new Date(utcOf(local)).getUTCDay() || 7) &&
    (cron.hours.length === 24 || instantOf(timeZone, local) === ms)
  )
}

const minuteMs = 60_000

test('what is found before a time or after it fires, and nothing between them does', () => {
  fc.assert(
    fc.property(expression, zone, anyInstant, (text, timeZone, nowMs) => {
      const cron = parseCron(text)!
      const previous = previousFire(cron, timeZone, nowMs)
      const following = nextFire(cron, timeZone, nowMs)
      assert.ok(previous === undefined || (previous <= nowMs && fires(cron, timeZone, previous)))
      assert.ok(following === undefined || (following > nowMs && fires(cron, timeZone, following)))
      const startMs = Math.floor(nowMs / minuteMs) * minuteMs
      for (let ms = startMs; ms > startMs - 8 * 60 * minuteMs && ms !== previous; ms -= minuteMs) {
        assert.ok(!fires(cron, timeZone, ms), `${new Date(ms).toISOString()} fires later`)
      }
      for (
        let ms = startMs + minuteMs;
        ms < startMs + 8 * 60 * minuteMs && ms !== following;
        ms += minuteMs
      ) {
        assert.ok(!fires(cron, timeZone, ms), `${new Date(ms).toISOString()} fires earlier`)
      }
    }),
  )
})

test('going forward and going back lead along the same times', () => {
  const seconds = fc.tuple(few(0, 59), few(0, 59), few(0, 23)).map((parts) => `${parts.join(' ')} * * *`)
  fc.assert(
    fc.property(fc.oneof(expression, seconds), zone, anyInstant, (text, timeZone, fromMs) => {
      const cron = parseCron(text)!
      let lastMs = fromMs
      for (let count = 0; count < 5; count++) {
        const fire = nextFire(cron, timeZone, lastMs)
        if (fire === undefined) return
        assert.ok(fire > lastMs)
        assert.equal(previousFire(cron, timeZone, fire), fire)
        assert.equal(previousFire(cron, timeZone, fire - 1, lastMs + 1), undefined)
        if (count > 0) assert.equal(previousFire(cron, timeZone, fire - 1), lastMs)
        lastMs = fire
      }
    }),
  )
})
