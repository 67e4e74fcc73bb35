import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newestTick, nextTick, parseTimerSchedule } from './timer-schedule.ts'

const at = (text: string): number => Date.parse(text)
const next = (text: string, after: string, since = '2020-01-01T00:00:00Z'): string | undefined => {
  const ms = nextTick(parseTimerSchedule(text)!, { sinceMs: at(since), afterMs: at(after) })
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

test('the expressions of time triggers are read, and what is none is refused', () => {
  for (const [text, intervalMs] of [
    ['@every 5m', 300_000],
    ['@every 1h30m', 5_400_000],
    [' @every  90s ', 90_000],
    ['@every 1m', 60_000],
  ] as const) {
    assert.deepEqual(parseTimerSchedule(text), { is: 'every', intervalMs }, text)
  }
  for (const [text, timeZone] of [
    ['0 0 4 * * *', 'UTC'],
    ['CRON_TZ=Asia/Shanghai 0 30 4 * * *', 'Asia/Shanghai'],
    ['CRON_TZ=UTC */10 0-5 0 ? JAN-MAR MON,WED', 'UTC'],
    ['* * * * * *', 'UTC'],
  ] as const) {
    const schedule = parseTimerSchedule(text)
    assert.ok(schedule?.is === 'cron' && schedule.timeZone === timeZone, text)
  }
  for (const text of [
    '',
    '@every',
    '@every 5',
    '@every 59s',
    '@every 0m',
    '@every -5m',
    '@every 1.5h',
    '@every 5m1h',
    '@every 9000h',
    '@every 999999999h',
    '@every 5m 0 0 4 * * *',
    '@hourly',
    '0 4 * * *',
    '0 0 4 * * * 2026',
    'CRON_TZ=Asia/Shanghai',
    'CRON_TZ=Asia/Shanghai @every 5m',
    'CRON_TZ=Moon/Base 0 0 4 * * *',
    'CRON_TZ= 0 0 4 * * *',
    'CRON_TZ=+08:00 0 0 4 * * *',
    'TZ=Asia/Shanghai 0 0 4 * * *',
    'cron(0 0 4 * * *)',
    `${'0,'.repeat(1000)}0 0 0 * * *`,
  ]) {
    assert.equal(parseTimerSchedule(text), undefined, text)
  }
})

test('intervals are counted from when the schedule came into force', () => {
  assert.equal(next('@every 5m', '2026-01-01T00:00:30Z', '2026-01-01T00:00:30Z'), '2026-01-01T00:05:30.000Z')
  assert.equal(next('@every 5m', '2026-01-01T00:05:30Z', '2026-01-01T00:00:30Z'), '2026-01-01T00:10:30.000Z')
  assert.equal(next('@every 1h', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'), '2026-01-01T01:00:00.000Z')
})

test('cron is read in UTC, or by the clocks of the zone that it names', () => {
  assert.equal(next('0 30 4 * * *', '2026-01-01T00:00:00Z'), '2026-01-01T04:30:00.000Z')
  assert.equal(next('CRON_TZ=Asia/Shanghai 0 30 4 * * *', '2026-01-01T00:00:00Z'), '2026-01-01T20:30:00.000Z')
})

test('a tick is followed by the next one, and the newest of those that were missed is the last before now', () => {
  const text = fc.constantFrom(
    '@every 1m',
    '@every 7m30s',
    '@every 1h30m',
    '*/20 * * * * *',
    '0 */7 * * * *',
    '0 0 4 * * *',
    'CRON_TZ=Europe/Berlin 0 15,45 1-3 * * *',
    'CRON_TZ=Australia/Lord_Howe 0 50 * * * *',
  )
  const instant = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') })
  fc.assert(
    fc.property(
      text,
      instant,
      fc.integer({ min: -90_000_000, max: 90_000_000 }),
      fc.integer({ min: 0, max: 90_000_000 }),
      (expression, sinceMs, between, laterMs) => {
        const schedule = parseTimerSchedule(expression)!
        const afterMs = sinceMs + between
        const tick = nextTick(schedule, { sinceMs, afterMs })!
        assert.ok(tick > afterMs && tick > sinceMs && tick % 1000 === 0)
        assert.equal(nextTick(schedule, { sinceMs, afterMs: tick - 1 }), tick)
        assert.equal(newestTick(schedule, { sinceMs, afterMs, atMs: tick - 1 }), undefined)
        assert.equal(newestTick(schedule, { sinceMs, afterMs, atMs: tick }), tick)
        const atMs = tick + laterMs
        const newest = newestTick(schedule, { sinceMs, afterMs, atMs })!
        assert.ok(newest >= tick && newest <= atMs)
        assert.ok(nextTick(schedule, { sinceMs, afterMs: newest })! > atMs)
      },
    ),
  )
})
