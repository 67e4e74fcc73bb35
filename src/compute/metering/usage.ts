import type { HeldEntry, InvocationEntry } from './entry.ts'

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

/** By the kind of instance, since each has factors of its own. */
export type UsageByKind = Partial<Record<UsageKind, Usage>>
export type UsageKind = (typeof kinds)[number]

const kinds = ['onDemand', 'provisioned', 'lightSleep'] as const

/** What one entry adds. Requests are counted wherever they ran; time on a provisioned instance was charged as held. */
export function usageOf(entry: InvocationEntry | HeldEntry): Usage {
  const cpu = BigInt(entry.cpuHundredths)
  const memory = BigInt(entry.memoryMb)
  const disk = BigInt(entry.diskMb)
  if (entry.is === 'held') {
    const heldMs = BigInt(entry.heldMs)
    return { requests: 0n, cpu: cpu * BigInt(entry.cpuMs), memory: memory * heldMs, disk: disk * heldMs }
  }
  const activeMs = entry.kind === 'onDemand' ? BigInt(entry.activeMs) : 0n
  return { requests: 1n, cpu: cpu * activeMs, memory: memory * activeMs, disk: disk * activeMs }
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
