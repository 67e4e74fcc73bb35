/**
 * How many instances a function may have: reserved concurrency is both the cap of the function that has it and its
 * guarantee, since "other functions cannot use the concurrency" (ConcurrencyConfig); the rest of the account's limit is
 * shared by all others. Pure functions over counts.
 */
export interface Use {
  /** Instances of the account. */
  ofAccount: number
  accountMax: number
  ofFunction: number
  /** The function's reserved concurrency, when it has one. */
  reserved: number | undefined
  /** Instances of the functions that have none. */
  ofUnreserved: number
  /** The reserved concurrency of all functions together. */
  reservedOfAll: number
}

export type Refusal = 'function' | 'unreserved' | 'account'

/** What an instance would exceed, or undefined when one may be added. */
export function refusesInstance({
  ofAccount,
  accountMax,
  ofFunction,
  reserved,
  ofUnreserved,
  reservedOfAll,
}: Use): Refusal | undefined {
  if (reserved !== undefined && ofFunction >= reserved) return 'function'
  // Only where more is reserved than there is, or was reserved while others had it.
  if (ofAccount >= accountMax) return 'account'
  if (reserved === undefined && ofUnreserved >= accountMax - reservedOfAll) return 'unreserved'
  return undefined
}
