import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMs } from './core/demand.ts'
import { optionsOf, UsageError } from './options.ts'

test('a day is from six to midnight, a peak is around noon with a minute of ten times the orders', () => {
  const day = optionsOf(['--day'])!
  assert.deepEqual([day.fromMs, day.untilMs, day.surges], [6 * hourMs, 24 * hourMs, []])
  const peak = optionsOf(['--peak', '--speed', '5'])!
  assert.deepEqual([peak.fromMs, peak.untilMs], [11.5 * hourMs, 12.5 * hourMs])
  assert.deepEqual(peak.surges, [{ fromMs: 12 * hourMs, untilMs: 12 * hourMs + 300_000, times: 10 }])
})

test('flags are taken as they are given', () => {
  const options = optionsOf([
    '--from',
    '18:05',
    '--minutes',
    '20',
    '--riders',
    '7',
    '--orders-per-hour',
    '9.5',
    '--seed',
    's',
    '--speed',
    '60',
  ])!
  assert.equal(options.fromMs, 18 * hourMs + 5 * 60_000)
  assert.equal(options.untilMs - options.fromMs, 20 * 60_000)
  assert.deepEqual([options.riders, options.ordersPerHour, options.seed, options.pace], [7, 9.5, 's', 60])
})

test('help is no run', () => {
  assert.equal(optionsOf(['--help']), undefined)
})

test('what makes no sense is refused', () => {
  for (const flags of [
    ['--speed', '0'],
    ['--speed', '61'],
    ['--speed', ''],
    ['--speed', 'fast'],
    ['--riders', '1.5'],
    ['--riders', '-1'],
    ['--from', '25:00'],
    ['--from', 'noon'],
    ['--day', '--peak'],
    ['--peak-factor', '100'],
    ['--nothing'],
    ['stray'],
  ])
    assert.throws(() => optionsOf(flags), UsageError, flags.join(' '))
})
