import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastFire, parsePolicyTime, parseSchedule } from './schedule-expression.ts'

const at = (text: string): number => Date.parse(text)

test('an expression is one time or a cron expression, and nothing else', () => {
  for (const text of ['at(2024-08-01T20:00:00)', 'at(2024-08-01T20:00:00Z)', 'cron(0 0 20 * * *)']) {
    assert.ok(parseSchedule(text), text)
  }
  for (const text of [
    '',
    'rate(5 minutes)',
    '0 0 20 * * *',
    'cron(0 0 20 * *)',
    'at(2024-06-31T00:00:00)',
    'at(now)',
  ]) {
    assert.equal(parseSchedule(text), undefined, text)
  }
})

test('one time fires once, by the clocks of its zone, from the moment it is there', () => {
  const schedule = parseSchedule('at(2024-08-01T20:00:00)')!
  const fired = (now: string, notBefore: string) =>
    lastFire(schedule, 'Asia/Shanghai', { atMs: at(now), notBeforeMs: at(notBefore) })
  assert.equal(fired('2024-08-01T11:59:59Z', '2024-07-01T00:00:00Z'), undefined)
  assert.equal(fired('2024-08-03T00:00:00Z', '2024-07-01T00:00:00Z'), at('2024-08-01T12:00:00Z'))
  assert.equal(fired('2024-08-03T00:00:00Z', '2024-08-01T12:00:01Z'), undefined)
})

test('times of policies are read with Z as UTC, without as of the zone, and as milliseconds', () => {
  assert.equal(parsePolicyTime('2024-08-01T10:00:00Z', 'Asia/Shanghai'), at('2024-08-01T10:00:00Z'))
  assert.equal(parsePolicyTime('2024-08-01T10:00:00', 'Asia/Shanghai'), at('2024-08-01T02:00:00Z'))
  assert.equal(parsePolicyTime('2024-08-01T10:00:00.5Z', 'UTC'), at('2024-08-01T10:00:00Z'))
  assert.equal(parsePolicyTime('1633449590000', 'UTC'), 1_633_449_590_000)
  for (const text of ['', 'tomorrow', '2024-13-01T00:00:00Z', '2024-08-01', '12']) {
    assert.equal(parsePolicyTime(text, 'UTC'), undefined, text)
  }
})
