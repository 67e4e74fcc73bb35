import { z } from 'zod'
import { type FunctionHour, makeBill, type Sums } from '../billing/bill.ts'
import { decimalText, unitsPerCu } from '../billing/cu.ts'
import { listPrices } from '../billing/list-prices.ts'
import { billingTime, billingZone, monthOf } from '../billing/month.ts'
import { moneyScale, pricesSchema } from '../billing/prices.ts'
import { invalidArgument } from '../errors.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

const keys = {
  function: ({ functionName }: FunctionHour) => functionName,
  day: ({ hourMs }: FunctionHour) => billingTime(hourMs).slice(0, 10),
  hour: ({ hourMs }: FunctionHour) => `${billingTime(hourMs)}:00`,
}

const readBillInput = z.object({
  /** `2026-11`; default: the month that it is. */
  month: z.string().optional(),
  by: z.enum(['function', 'day', 'hour']).default('function'),
  /** Default: the vendor's list prices. */
  prices: pricesSchema.optional(),
})

/** Ours: the bill of a month. Numbers are decimals in strings: they are exact, and may be larger than JSON's. */
export const readBill = operation({
  name: 'ReadBill',
  route: 'POST /hanshu/bill',
  body: json(readBillInput),

  async handle({ body }, { accountId, ledger, clock }) {
    const month = body.month ?? billingTime(clock.now()).slice(0, 7)
    const time = monthOf(month)
    if (time === undefined) throw invalidArgument(`month must be like 2026-11 (actual: '${month}')`)
    const prices = body.prices ?? (await listPrices())
    await ledger.settle()
    const { rows, total, packs } = await makeBill(ledger.usage(accountId, time), prices, keys[body.by])
    return jsonReply(200, {
      month,
      timeZone: billingZone,
      isOver: clock.now() >= time.toMs,
      by: body.by,
      prices: prices.name,
      currency: prices.currency,
      rows: [...rows]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, sums]) => ({ [body.by]: key, ...sumsDocument(sums) })),
      total: sumsDocument(total),
      packs: packs.map(({ name, cu, usedCu }) => ({ name, cu, usedCu: `${usedCu}` })),
      unrecordedInvocations: await ledger.lost(time),
    })
  },
})

const sumsDocument = ({ requests, cpu, memory, disk, units, cu, packCu, cost }: Sums) => ({
  requests: `${requests}`,
  vcpuSeconds: decimalText(cpu, 100_000n),
  memoryGbSeconds: decimalText(memory, 1_024_000n),
  diskGbSeconds: decimalText(disk, 1_024_000n),
  usedCu: decimalText(units, unitsPerCu),
  cu: `${cu}`,
  packCu: `${packCu}`,
  cost: decimalText(cost, moneyScale),
})
