import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accountId, startTestbed, type Testbed } from './testbed.fixture.ts'

let bed: Testbed
before(async () => {
  bed = await startTestbed()
  for (const [day, functionName] of [
    [1, 'a'],
    [1, 'b'],
    [2, 'a'],
  ] as const) {
    bed.usage.push({
      hourMs: Date.UTC(2026, 0, day, 20),
      region: 'cn-hangzhou',
      functionName,
      usage: { onDemand: { requests: 10n, cpu: 35_000n, memory: 512_000n, disk: 512_000n } },
    })
  }
})
after(() => bed.close())

test('a bill is of a month, by function if nothing else is asked for, with exact decimals', async () => {
  const { status, json } = await bed.call('POST', '/hanshu/bill', { month: '2026-01' })
  assert.equal(status, 200)
  assert.deepEqual([json.month, json.timeZone, json.isOver, json.by, json.currency], ['2026-01', 'UTC+8', false, 'function', 'CNY']) // biome-ignore format: one line
  const a = { function: 'a', requests: '20', vcpuSeconds: '0.7', memoryGbSeconds: '1', diskGbSeconds: '1', usedCu: '1.05', cu: '2', packCu: '0', cost: '0.02' } // biome-ignore format: one line
  assert.deepEqual(json.rows[0], a)
  assert.equal(json.rows.length, 2)
  assert.deepEqual([json.total.cu, json.total.usedCu, json.total.cost], ['3', '1.575', '0.03'])
  assert.equal(json.unrecordedInvocations, 0)
})

test('it is of the month that it is, if none is named; days and hours are those of UTC+8', async () => {
  const days = (await bed.call('POST', '/hanshu/bill', { by: 'day' })).json
  assert.equal(days.month, '2026-01')
  assert.deepEqual(days.rows.map(({ day, cu }: { day: string; cu: string }) => [day, cu]), [['2026-01-02', '2'], ['2026-01-03', '1']]) // biome-ignore format: one line
  const hours = (await bed.call('POST', '/hanshu/bill', { by: 'hour' })).json
  assert.equal(hours.rows[0].hour, '2026-01-02T04:00')
})

test('prices may be given; what is wrong with them is said with its place', async () => {
  const factors = { cpu: 1, memory: 0, requests: 0, disk: 0 }
  const prices = {
    name: 'mine',
    currency: 'EUR',
    tiers: [{ pricePerCu: 0.5 }],
    minimumPerFunctionHour: 0,
    factors: { onDemand: factors, provisioned: factors, lightSleep: factors },
  }
  const { json } = await bed.call('POST', '/hanshu/bill', { prices })
  assert.deepEqual([json.prices, json.currency, json.total.usedCu, json.total.cost], ['mine', 'EUR', '1.05', '1.5']) // biome-ignore format: one line
  for (const [body, words] of [
    [{ prices: { ...prices, tiers: [{ pricePerCu: -1 }] } }, /'prices\.tiers\.0\.pricePerCu' is set to an invalid value: a price is a number/], // biome-ignore format: one line
    [{ month: '2026-1' }, /month must be like 2026-11/],
    [{ by: 'week' }, /'by' is set to an invalid value/],
  ] as const) {
    const refused = await bed.call('POST', '/hanshu/bill', body)
    assert.equal(refused.status, 400)
    assert.equal(refused.json.Code, 'InvalidArgument')
    assert.match(refused.json.Message, words)
  }
})

test('the ledger is answered line by line', async () => {
  const { status, text, headers } = await bed.call('GET', '/hanshu/ledger?month=2026-01')
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'application/x-ndjson')
  assert.deepEqual(JSON.parse(text.trim()), { is: 'invocation', requestId: 'r-1' })
  assert.equal((await bed.call('GET', '/hanshu/ledger?month=x')).status, 400)
  assert.notEqual(accountId, '')
})
