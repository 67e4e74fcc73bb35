/**
 * A bill of function hours, by the vendor's rules: the CU of a function in an hour are rounded up to a whole number, packs
 * are used up, the rest is priced by the tier that the region has reached in the month; a function hour that is not covered
 * by packs costs the minimum at least.
 *
 * Readings where the vendor's page says nothing: CU that packs cover do not count towards a tier; within an hour functions
 * come in the order of their names; what packs cover wholly costs nothing, not the minimum.
 */
import { roundUp, type UsageByKind, unitsOf, unitsPerCu } from './cu.ts'
import type { Prices } from './prices.ts'

export interface FunctionHour {
  hourMs: number
  region: string
  functionName: string
  usage: UsageByKind
}

export interface Sums {
  requests: bigint
  cpu: bigint
  memory: bigint
  disk: bigint
  /** What was used, in small units of `unitsPerCu`. */
  units: bigint
  /** What is charged: whole CU. */
  cu: bigint
  /** Of it, what packs cover. */
  packCu: bigint
  /** In billionths of the currency. */
  cost: bigint
}

export interface Bill {
  rows: Map<string, Sums>
  total: Sums
  packs: { name: string; cu: number; usedCu: bigint }[]
}

/** `hours` in the order of time; `keyOf` says what a row is of. */
export async function makeBill(
  hours: AsyncIterable<FunctionHour>,
  prices: Prices,
  keyOf: (hour: FunctionHour) => string,
): Promise<Bill> {
  const rows = new Map<string, Sums>()
  const total = noSums()
  const packs = prices.packs.map((pack) => ({ ...pack, usedCu: 0n }))
  /** CU that were charged so far, by region. */
  const monthCu = new Map<string, bigint>()

  for await (const hour of hours) {
    const charged = measured(hour.usage, prices)
    charged.cu = roundUp(charged.units, unitsPerCu)
    charged.packCu = takeFrom(packs, charged.cu)
    const rest = charged.cu - charged.packCu
    const before = monthCu.get(hour.region) ?? 0n
    monthCu.set(hour.region, before + rest)
    const isCovered = rest === 0n && charged.cu > 0n
    const price = priceOf({ from: before, cu: rest }, prices)
    const minimum = isCovered ? 0n : prices.minimumPerFunctionHour
    charged.cost = price > minimum ? price : minimum

    const key = keyOf(hour)
    const row = rows.get(key) ?? noSums()
    rows.set(key, row)
    add(row, charged)
    add(total, charged)
  }
  return { rows, total, packs }
}

const noSums = (): Sums => ({
  requests: 0n,
  cpu: 0n,
  memory: 0n,
  disk: 0n,
  units: 0n,
  cu: 0n,
  packCu: 0n,
  cost: 0n,
})

function measured(byKind: UsageByKind, { factors }: Prices): Sums {
  const sums = noSums()
  for (const kind of ['onDemand', 'provisioned', 'lightSleep'] as const) {
    const usage = byKind[kind]
    if (usage === undefined) continue
    sums.requests += usage.requests
    sums.cpu += usage.cpu
    sums.memory += usage.memory
    sums.disk += usage.disk
    sums.units += unitsOf(usage, factors[kind])
  }
  return sums
}

function takeFrom(packs: { cu: number; usedCu: bigint }[], cu: bigint): bigint {
  let left = cu
  for (const pack of packs) {
    const free = BigInt(pack.cu) - pack.usedCu
    const taken = free < left ? free : left
    pack.usedCu += taken
    left -= taken
  }
  return cu - left
}

/** What CU cost that come after the first `from` of the month. */
function priceOf({ from, cu }: { from: bigint; cu: bigint }, { tiers }: Prices): bigint {
  let cost = 0n
  let start = from
  const end = from + cu
  for (const { upToCu, pricePerCu } of tiers) {
    const tierEnd = upToCu === undefined || BigInt(upToCu) > end ? end : BigInt(upToCu)
    if (tierEnd <= start) continue
    cost += (tierEnd - start) * pricePerCu
    start = tierEnd
  }
  return cost
}

function add(to: Sums, more: Sums): void {
  for (const name of Object.keys(to) as (keyof Sums)[]) to[name] += more[name]
}
