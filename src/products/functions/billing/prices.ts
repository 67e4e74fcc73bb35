/** The price file: what a CU costs, and of what it is made. `list-prices.yaml` is the one that is shipped. */
import { z } from 'zod'
import { type Factors, factorScale, type InstanceKind } from './cu.ts'

/** Money is counted in billionths of the currency. */
export const moneyScale = 1_000_000_000n

/** An exact decimal number, of at most so many digits behind the point, as an integer of the scale. */
const decimal = (scale: bigint, what: string) =>
  z.union([z.number(), z.string()]).transform((given, context) => {
    const value = exactly(String(given), scale)
    if (value !== undefined) return value
    context.addIssue({
      code: 'custom',
      message: `${what} is a number from 0 to 1000000 with at most ${String(scale).length - 1} digits behind the point`,
    })
    return z.NEVER
  })

function exactly(text: string, scale: bigint): bigint | undefined {
  const match = /^(\d{1,7})(?:\.(\d{1,18}))?(?:e-(\d{1,2}))?$/i.exec(text)
  if (!match) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = match
  const numerator = BigInt(whole + fraction) * scale
  const denominator = 10n ** BigInt(fraction.length + Number(exponent))
  const value = numerator / denominator
  return numerator % denominator === 0n && value <= 1_000_000n * scale ? value : undefined
}

const factors = z.strictObject({
  cpu: decimal(factorScale, 'a factor'),
  memory: decimal(factorScale, 'a factor'),
  requests: decimal(factorScale, 'a factor'),
  disk: decimal(factorScale, 'a factor'),
})

const cuNumber = z.int().min(1).max(Number.MAX_SAFE_INTEGER)

const tier = z.strictObject({
  /** Of the month; the last tier has none. */
  upToCu: cuNumber.optional(),
  pricePerCu: decimal(moneyScale, 'a price'),
})

export const pricesSchema = z
  .strictObject({
    name: z.string().min(1).max(200),
    currency: z.string().min(1).max(20),
    tiers: z.array(tier).min(1).max(20),
    minimumPerFunctionHour: decimal(moneyScale, 'a price'),
    factors: z.strictObject({ onDemand: factors, provisioned: factors, lightSleep: factors }),
    packs: z
      .array(z.strictObject({ name: z.string().min(1).max(200), cu: cuNumber }))
      .max(100)
      .default([]),
  })
  .superRefine(({ tiers }, context) => {
    for (const [at, { upToCu }] of tiers.entries()) {
      const isLast = at === tiers.length - 1
      const before = tiers[at - 1]?.upToCu ?? 0
      if (isLast ? upToCu === undefined : upToCu !== undefined && upToCu > before) continue
      context.addIssue({
        code: 'custom',
        path: ['tiers', at, 'upToCu'],
        message: 'tiers rise, and the last has no upToCu',
      })
    }
  })

export interface Prices {
  name: string
  currency: string
  tiers: readonly { upToCu?: number | undefined; pricePerCu: bigint }[]
  minimumPerFunctionHour: bigint
  factors: Readonly<Record<InstanceKind, Factors>>
  packs: readonly { name: string; cu: number }[]
}
