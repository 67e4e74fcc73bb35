import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Bill, type FunctionHour, makeBill, type Sums } from './bill.ts'
import { decimalText, roundUp, type Usage, unitsOf, unitsPerCu } from './cu.ts'
import { listPrices } from './list-prices.ts'
import { billingTime, monthOf } from './month.ts'
import { type Prices, pricesSchema } from './prices.ts'

const prices = await listPrices()
const hourMs = 3_600_000
const yuan = (cost: bigint) => decimalText(cost, 1_000_000_000n)

/** So many calls of so many ms, of 1 vCPU, 2 GB and half a GB of disk. */
const calls = (requests: bigint, eachMs = 100n): Usage => ({
  requests,
  cpu: 100n * requests * eachMs,
  memory: 2048n * requests * eachMs,
  disk: 512n * requests * eachMs,
})
const hour = (n: number, usage: Usage, functionName = 'f', region = 'cn-hangzhou'): FunctionHour => ({
  hourMs: n * hourMs,
  region,
  functionName,
  usage: { onDemand: usage },
})
async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}
const billOf = (hours: FunctionHour[], by: Prices = prices, keyOf = (h: FunctionHour) => h.functionName) =>
  makeBill(each(hours), by, keyOf)

test("the vendor's example: a million calls of 100 ms with 1 vCPU, 2 GB and half a GB of disk are 140,000 CU", async () => {
  const { total } = await billOf([hour(0, calls(1_000_000n))])
  assert.equal(total.units, 140_000n * unitsPerCu)
  assert.equal(total.cu, 140_000n)
  assert.equal(yuan(total.cost), '15.4')
})

test('a function costs a whole CU and a cent at least in each hour in which it is called', async () => {
  const { rows, total } = await billOf([hour(0, calls(1n, 1n)), hour(0, calls(1n, 1n), 'g'), hour(1, calls(1n, 1n))]) // biome-ignore format: one line
  assert.deepEqual([rows.get('f')!.cu, yuan(rows.get('f')!.cost)], [2n, '0.02'])
  assert.deepEqual([rows.get('g')!.cu, yuan(rows.get('g')!.cost)], [1n, '0.01'])
  assert.deepEqual([total.cu, yuan(total.cost)], [3n, '0.03'])
})

test('tiers are reached in the order of time, by each region for itself', async () => {
  const large = (n: number, region?: string) => hour(n, calls(1_000_000_000n), 'f', region) // 140 M CU
  const { total } = await billOf([large(0), large(1), large(2)])
  const cost = 140 * 110 + 60 * 110 + 80 * 100 + 140 * 100
  assert.equal(yuan(total.cost), String(cost))
  const apart = await billOf([large(0), large(0, 'cn-shanghai')])
  assert.equal(yuan(apart.total.cost), String(2 * 140 * 110))
  const many = await billOf(Array.from({ length: 8 }, (_, n) => large(n)))
  assert.equal(yuan(many.total.cost), String(200 * 110 + 800 * 100 + 120 * 90))
})

test('packs are used first and in their order; what they cover wholly costs nothing', async () => {
  const own: Prices = { ...prices, packs: [{ name: 'a', cu: 5 }, { name: 'b', cu: 140_000 }] } // biome-ignore format: one line
  const { packs, total, rows } = await billOf([hour(0, calls(1n)), hour(1, calls(1_000_000n), 'g'), hour(2, calls(1_000_000n), 'h')], own) // biome-ignore format: one line
  assert.deepEqual(packs.map(({ usedCu }) => usedCu), [5n, 140_000n]) // biome-ignore format: one line
  assert.deepEqual([rows.get('f')!.cost, rows.get('g')!.cost, rows.get('g')!.packCu], [0n, 0n, 140_000n])
  assert.equal(total.packCu, 140_005n)
  assert.equal(yuan(total.cost), decimalText((280_001n - 140_005n) * 110_000n, 1_000_000_000n))
})

test('light sleep costs memory and disk; provisioned time costs processor time as well', async () => {
  const held = { requests: 0n, cpu: 100n * 100_000n, memory: 1024n * 100_000n, disk: 1024n * 100_000n }
  const of = async (usage: FunctionHour['usage']) => (await billOf([{ ...hour(0, held), usage }])).total.units
  assert.equal(await of({ provisioned: held }), 120n * unitsPerCu)
  assert.equal(await of({ lightSleep: { ...held, cpu: 0n } }), 20n * unitsPerCu)
  assert.equal(await of({ lightSleep: held }), 20n * unitsPerCu)
})

const usageArbitrary = fc.record({
  requests: fc.bigInt(0n, 10n ** 7n),
  cpu: fc.bigInt(0n, 10n ** 15n),
  memory: fc.bigInt(0n, 10n ** 15n),
  disk: fc.bigInt(0n, 10n ** 15n),
})

test('CU of parts add up to the CU of the whole, exactly, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(usageArbitrary, { minLength: 1, maxLength: 10 }), (parts) => {
      const { onDemand } = prices.factors
      const whole: Usage = { requests: 0n, cpu: 0n, memory: 0n, disk: 0n }
      let sum = 0n
      for (const part of parts) {
        sum += unitsOf(part, onDemand)
        for (const name of Object.keys(whole) as (keyof Usage)[]) whole[name] += part[name]
      }
      assert.equal(unitsOf(whole, onDemand), sum)
      assert.equal(roundUp(sum, unitsPerCu), (sum + unitsPerCu - 1n) / unitsPerCu)
      // The same in fractions of their own.
      const exact =
        whole.cpu * 512n * 10n + whole.memory * 75n + whole.disk * 25n + whole.requests * 3n * 128n * 10_000n
      assert.equal(sum * 100n * 5120n * 1000n, exact * unitsPerCu)
    }),
  )
})

test('rows by function, day and hour add up to the same total, to the last fraction of a cent', async () => {
  const hours = fc
    .array(fc.record({ n: fc.nat({ max: 743 }), name: fc.constantFrom('a', 'b', 'c'), usage: usageArbitrary }), { maxLength: 30 }) // biome-ignore format: one line
    .map((list) => {
      const distinct = new Map(list.map(({ n, name, usage }) => [`${n} ${name}`, hour(n, usage, name)]))
      return [...distinct.values()].sort((a, b) => a.hourMs - b.hourMs || (a.functionName < b.functionName ? -1 : 1)) // biome-ignore format: one line
    })
  await fc.assert(
    fc.asyncProperty(hours, fc.nat({ max: 2_000_000 }), async (list, cu) => {
      const own: Prices = { ...prices, packs: cu > 0 ? [{ name: 'p', cu }] : [] }
      const bills: Bill[] = []
      for (const keyOf of [
        (h: FunctionHour) => h.functionName,
        (h: FunctionHour) => billingTime(h.hourMs).slice(0, 10),
        (h: FunctionHour) => billingTime(h.hourMs),
      ]) {
        bills.push(await billOf(list, own, keyOf))
      }
      for (const { rows, total } of bills) {
        assert.deepEqual(total, bills[0]!.total)
        for (const name of Object.keys(total) as (keyof Sums)[]) {
          assert.equal([...rows.values()].reduce((sum, row) => sum + row[name], 0n), total[name]) // biome-ignore format: one line
        }
      }
      const { total } = bills[0]!
      assert.ok(total.cu * unitsPerCu >= total.units)
      assert.ok(total.cu * unitsPerCu < total.units + BigInt(list.length) * unitsPerCu + 1n)
    }),
  )
})

test('a month begins and ends at midnight in UTC+8', () => {
  const { fromMs, toMs } = monthOf('2026-11')!
  assert.equal(new Date(fromMs).toISOString(), '2026-10-31T16:00:00.000Z')
  assert.equal(new Date(toMs).toISOString(), '2026-11-30T16:00:00.000Z')
  assert.equal(billingTime(fromMs), '2026-11-01T00')
  assert.equal(billingTime(toMs - 1), '2026-11-30T23')
  assert.equal(monthOf('2026-12')!.toMs, monthOf('2027-01')!.fromMs)
  for (const wrong of ['2026-00', '2026-13', '26-11', '2026-1', '2026-11-01', '']) assert.equal(monthOf(wrong), undefined) // biome-ignore format: one line
})

test('prices are exact decimals; what is none, or would be rounded, is refused with its place', () => {
  const good = {
    name: 'n',
    currency: 'CNY',
    tiers: [{ upToCu: 10, pricePerCu: '0.000088' }, { pricePerCu: 8.8e-7 }],
    minimumPerFunctionHour: 0,
    factors: {
      onDemand: { cpu: 1, memory: 0.15, requests: 75, disk: 0.05 },
      provisioned: { cpu: 1, memory: 0.15, requests: 75, disk: 0.05 },
      lightSleep: { cpu: 0, memory: 0.15, requests: 0, disk: 0.05 },
    },
  }
  const parsed: Prices = pricesSchema.parse(good)
  assert.deepEqual(parsed.tiers.map(({ pricePerCu }) => pricePerCu), [88_000n, 880n]) // biome-ignore format: one line
  assert.equal(parsed.factors.onDemand.memory, 150_000n)
  const wrong: [string, object][] = [
    ['tiers.0.upToCu', { tiers: [{ pricePerCu: 1 }, { pricePerCu: 1 }] }],
    ['tiers.1.upToCu', { tiers: [{ upToCu: 5, pricePerCu: 1 }, { upToCu: 5, pricePerCu: 1 }, { pricePerCu: 1 }] }], // biome-ignore format: one line
    ['tiers', { tiers: [] }],
    ['minimumPerFunctionHour', { minimumPerFunctionHour: -1 }],
    ['minimumPerFunctionHour', { minimumPerFunctionHour: '0.0000000001' }],
    ['minimumPerFunctionHour', { minimumPerFunctionHour: 'free' }],
    ['minimumPerFunctionHour', { minimumPerFunctionHour: 1e30 }],
    ['', { discount: 0.2 }],
    ['packs.0.cu', { packs: [{ name: 'p', cu: 0 }] }],
  ]
  for (const [path, differs] of wrong) {
    const { error } = pricesSchema.safeParse({ ...good, ...differs })
    assert.ok(
      error?.issues.some((issue) => issue.path.join('.') === path),
      `${path} ${error}`,
    )
  }
})

test('decimals are written as they are', () => {
  const written = (value: bigint, scale: bigint) => decimalText(value, scale)
  assert.equal(written(1_234_567n, 1000n), '1234.567')
  assert.equal(written(1_234_500n, 1000n), '1234.5')
  assert.equal(written(5n, 1000n), '0.005')
  assert.equal(written(0n, 1000n), '0')
  assert.equal(written(3n, 1024n), '0.0029296875')
  assert.equal(written(7n, 1n), '7')
})
