import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFor } from './format.ts'

const en = formatFor('en', 'Asia/Shanghai')
const zh = formatFor('zh', 'Asia/Shanghai')
const NOON_MS = Date.parse('2026-03-01T04:00:05Z')

test('times of the day have 24 hours in both languages', () => {
  assert.equal(en.clock(NOON_MS), '12:00')
  assert.equal(zh.clock(NOON_MS), '12:00')
  assert.equal(en.clock(NOON_MS + 12 * 3_600_000), '00:00')
})

test('what lasts is said in the unit that people would use', () => {
  const cases: [number, string, string][] = [
    [-5_000, '0 s', '0 秒'],
    [45_400, '45 s', '45 秒'],
    [59_600, '1 min', '1 分钟'],
    [29.4 * 60_000, '29 min', '29 分钟'],
    [59.7 * 60_000, '1 h', '1 小时'],
    [65 * 60_000, '1 h 5 min', '1 小时 5 分钟'],
  ]
  for (const [ms, english, chinese] of cases) {
    assert.equal(en.span(ms), english)
    assert.equal(zh.span(ms), chinese)
  }
})

test('minutes until something are whole, and none once it is late', () => {
  assert.equal(en.minutesUntil(NOON_MS + 61_000, NOON_MS), 2)
  assert.equal(en.minutesUntil(NOON_MS - 61_000, NOON_MS), 0)
})

test('ways, money, shares and small times', () => {
  assert.equal(en.metres(584), '580 m')
  assert.equal(zh.metres(1_240), '1.2 公里')
  assert.equal(en.money(3_600), '¥36.00')
  assert.equal(zh.money(50), '¥0.50')
  assert.equal(en.share(0.968), '96.8%')
  assert.equal(en.share(undefined), '–')
  assert.equal(en.share(Number.NaN), '–')
  assert.equal(en.milliseconds(38.44), '38.4 ms')
  assert.equal(en.milliseconds(1_240), '1.2 s')
  assert.equal(en.measure(0.968), '0.97')
})
