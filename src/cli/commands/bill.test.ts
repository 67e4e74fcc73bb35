import assert from 'node:assert/strict'
import { test } from 'node:test'
import { session } from '../testing/session.ts'

const sums = (differs: object) => ({
  requests: '1000000',
  vcpuSeconds: '100000',
  memoryGbSeconds: '200000.0005',
  diskGbSeconds: '50000',
  usedCu: '139999.00001',
  cu: '140000',
  packCu: '0',
  cost: '15.4',
  ...differs,
})
const answer = {
  month: '2026-11',
  timeZone: 'UTC+8',
  isOver: false,
  by: 'function',
  prices: 'list',
  currency: 'CNY',
  rows: [
    { function: 'hello', ...sums({}) },
    { function: 'b', ...sums({ requests: '7', cost: '0.01' }) },
  ],
  total: sums({ requests: '1000007', cost: '15.41' }),
  packs: [{ name: 'small', cu: 5000, usedCu: '4000' }],
  unrecordedInvocations: 0,
}

async function billing(t: Parameters<typeof session>[0], document: object = answer) {
  const opened = await session(t)
  opened.platform.answer = (_request, response) => void response.end(JSON.stringify(document)) === undefined
  return opened
}

test('a bill is a table: a line each, numbers to the right, the total below', async (t) => {
  const { hanshu, platform } = await billing(t)
  const { output, exitCode } = await hanshu(['bill', '--month', '2026-11'])
  assert.equal(exitCode, 0)
  assert.deepEqual(output.split('\n'), [
    '2026-11 (UTC+8, so far), list',
    '',
    'FUNCTION      CALLS       vCPU·s         GB·s   DISK GB·s      CU USED       CU      CNY',
    'hello     1,000,000  100,000.000  200,000.001  50,000.000  139,999.000  140,000  15.4000',
    'b                 7  100,000.000  200,000.001  50,000.000  139,999.000  140,000   0.0100',
    '────────  ─────────  ───────────  ───────────  ──────────  ───────────  ───────  ───────',
    'total     1,000,007  100,000.000  200,000.001  50,000.000  139,999.000  140,000  15.4100',
    '',
    'Pack small: 4,000 of 5,000 CU used.',
    '',
  ])
  assert.deepEqual(JSON.parse(platform.received[0]!.body.toString()), { month: '2026-11' })
})

test('what is not on the bill is said; an empty month is no table; JSON is printed as it comes', async (t) => {
  const empty = { ...answer, rows: [], packs: [], isOver: true, unrecordedInvocations: 1234 }
  const { hanshu } = await billing(t, empty)
  const { output } = await hanshu(['bill'])
  assert.match(output, /^2026-11 \(UTC\+8\), list\n\nNothing was used\./)
  assert.match(output, /NOT included: 1,234 invocations/)
  assert.deepEqual(JSON.parse((await hanshu(['bill', '--output', 'json'])).output), empty)
})

test('prices of a file go to the platform, from YAML or JSON', async (t) => {
  const { hanshu, platform, write } = await billing(t)
  await write('prices.yaml', 'name: mine\ntiers:\n  - { pricePerCu: 0.000088 }\n')
  await hanshu(['bill', '--prices', 'prices.yaml', '--by', 'day'])
  assert.deepEqual(JSON.parse(platform.received[0]!.body.toString()), {
    by: 'day',
    prices: { name: 'mine', tiers: [{ pricePerCu: 0.000088 }] },
  })
  const { exitCode, notes } = await hanshu(['bill', '--prices', 'missing.yaml'])
  assert.equal(exitCode, 1)
  assert.match(notes, /Cannot read the prices in missing\.yaml/)
})

test('entries are printed as they come', async (t) => {
  const { hanshu, platform } = await session(t)
  platform.answer = ({ path, query }, response) => {
    assert.deepEqual([path, query.get('month')], ['/hanshu/ledger', '2026-11'])
    response.end('{"a":1}\n{"a":2}\n')
    return true
  }
  assert.equal((await hanshu(['bill', '--month', '2026-11', '--entries'])).output, '{"a":1}\n{"a":2}\n')
})

test('what cannot be meant is refused before anything is sent', async (t) => {
  const { hanshu, platform } = await billing(t)
  for (const words of [
    ['--month', '2026-13'],
    ['--month', 'november'],
    ['--by', 'week'],
    ['--entries', '--by', 'day'],
    ['--output', 'xml'],
  ]) {
    // biome-ignore format: one line
    assert.equal((await hanshu(['bill', ...words])).exitCode, 2, words.join(' '))
  }
  assert.deepEqual(platform.received, [])
})
