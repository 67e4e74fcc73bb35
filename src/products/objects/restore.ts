/** Objects of archive classes are read after they were thawed, for some days. How long thawing takes is the vendor's word. */
import {
  invalidArgument,
  invalidObjectState,
  operationNotSupported,
  restoreAlreadyInProgress,
} from './errors.ts'
import type { ObjectRecord, Restore } from './object.ts'
import { isArchived, type StorageClass } from './storage-class.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const TIERS = ['Expedited', 'Standard', 'Bulk'] as const
export type Tier = (typeof TIERS)[number]

export const tierOf = (text: string): Tier => {
  const tier = TIERS.find((known) => known === text)
  if (!tier) throw invalidArgument('Tier', text)
  return tier
}

/** The longest that the vendor names for each. */
const THAW_MS: Readonly<Partial<Record<StorageClass, Readonly<Record<Tier, number>>>>> = {
  Archive: { Expedited: MINUTE_MS, Standard: MINUTE_MS, Bulk: MINUTE_MS },
  ColdArchive: { Expedited: HOUR_MS, Standard: 5 * HOUR_MS, Bulk: 12 * HOUR_MS },
  DeepColdArchive: { Expedited: 12 * HOUR_MS, Standard: 48 * HOUR_MS, Bulk: 48 * HOUR_MS },
}

const DAYS_MAX: Readonly<Partial<Record<StorageClass, number>>> = {
  Archive: 7,
  ColdArchive: 365,
  DeepColdArchive: 365,
}

const isThawed = (restore: Restore | undefined, nowMs: number): boolean =>
  restore !== undefined && restore.readyMs <= nowMs && nowMs < restore.expiresMs

export function requireReadable({ storageClass, restore }: ObjectRecord, nowMs: number): void {
  if (isArchived(storageClass) && !isThawed(restore, nowMs)) throw invalidObjectState()
}

/** 202: thawing has begun; 200: it is thawed, and stays so for longer. */
export function restored(
  object: ObjectRecord,
  { days, tier }: { days: number; tier: Tier },
  nowMs: number,
): { status: 200 | 202; restore: Restore } {
  const { storageClass, restore } = object
  const thawMs = storageClass && THAW_MS[storageClass]?.[tier]
  if (!isArchived(storageClass) || thawMs === undefined) {
    throw operationNotSupported('The operation is not supported for this resource')
  }
  const daysMax = DAYS_MAX[storageClass!] ?? 1
  if (days < 1 || days > daysMax) throw invalidArgument('Days', String(days))
  if (restore && nowMs < restore.readyMs) throw restoreAlreadyInProgress()
  if (isThawed(restore, nowMs)) {
    return { status: 200, restore: { readyMs: restore!.readyMs, expiresMs: nowMs + days * DAY_MS } }
  }
  const readyMs = nowMs + thawMs
  return { status: 202, restore: { readyMs, expiresMs: readyMs + days * DAY_MS } }
}

export function restoreHeader(restore: Restore | undefined, nowMs: number): Record<string, string> {
  if (!restore || restore.expiresMs <= nowMs) return {}
  if (nowMs < restore.readyMs) return { 'x-oss-restore': 'ongoing-request="true"' }
  const expiry = new Date(restore.expiresMs).toUTCString()
  return { 'x-oss-restore': `ongoing-request="false", expiry-date="${expiry}"` }
}
