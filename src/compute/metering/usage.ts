import type { Charged, Summand, UsageKind } from './entry.ts'

/** What was used of one kind of instance, in the smallest units there are: integers, whose sums are exact. */
export interface Usage {
  requests: bigint
  /** Hundredths of a vCPU × ms. */
  cpu: bigint
  /** MB × ms. */
  memory: bigint
  /** MB × ms. */
  disk: bigint
}

export type UsageByKind = Partial<Record<UsageKind, Usage>>

const kinds = ['onDemand', 'provisioned', 'lightSleep'] as const

/** What so many entries of the same kind, function and resources add. Integers of less than 2^53. */
export interface Tally {
  requests: number
  /** For which memory and disk are charged. */
  ms: number
  /** For which the processor is charged. */
  cpuMs: number
}

export function addTo(tally: Tally, { is, first, second }: Summand, kind: UsageKind): void {
  if (is === 'held') {
    tally.ms += first
    tally.cpuMs += second
    return
  }
  tally.requests += 1
  // Time on a provisioned instance is charged as held, and the call as a request.
  if (kind !== 'onDemand') return
  tally.ms += first
  tally.cpuMs += first
}

export function usageOf({ cpuHundredths, memoryMb, diskMb }: Charged, { requests, ms, cpuMs }: Tally): Usage {
  return {
    requests: BigInt(requests),
    cpu: BigInt(cpuHundredths) * BigInt(cpuMs),
    memory: BigInt(memoryMb) * BigInt(ms),
    disk: BigInt(diskMb) * BigInt(ms),
  }
}

export const noUsage: Usage = { requests: 0n, cpu: 0n, memory: 0n, disk: 0n }

export function addUsage(sum: UsageByKind, kind: UsageKind, { requests, cpu, memory, disk }: Usage): void {
  const before = sum[kind] ?? noUsage
  sum[kind] = {
    requests: before.requests + requests,
    cpu: before.cpu + cpu,
    memory: before.memory + memory,
    disk: before.disk + disk,
  }
}

/** As a record keeps it: numbers in decimal, since JSON has none so large. Order: requests, cpu, memory, disk. */
export type StoredUsage = Partial<Record<UsageKind, [string, string, string, string]>>

export function storedUsage(usage: UsageByKind): StoredUsage {
  const stored: StoredUsage = {}
  for (const kind of kinds) {
    const { requests, cpu, memory, disk } = usage[kind] ?? noUsage
    if (usage[kind]) stored[kind] = [`${requests}`, `${cpu}`, `${memory}`, `${disk}`]
  }
  return stored
}

export function usageFrom(stored: StoredUsage): UsageByKind {
  const usage: UsageByKind = {}
  for (const kind of kinds) {
    const [requests, cpu, memory, disk] = stored[kind] ?? []
    if (requests === undefined) continue
    usage[kind] = {
      requests: BigInt(requests),
      cpu: BigInt(cpu!),
      memory: BigInt(memory!),
      disk: BigInt(disk!),
    }
  }
  return usage
}
