import { allProcesses, ownerOf, type ProcessFacts } from './process-table.ts'

/** One look at all processes of the machine serves every instance that asks within this time. */
const freshMs = 200

export interface UsageTable {
  /** The processes of an instance: as they were at most 0.2 s ago, or as they are when its first one was not there then. */
  processesOf(instanceId: string, groupId: number): Promise<ProcessFacts[]>
  /** What was seen so far is no longer so: the next one who asks has it looked at again. */
  outdate(): void
}

/**
 * What each instance uses. Under load it is asked for with every call of every instance, and there is no way to find an
 * instance's processes but to look at all of the machine's.
 */
export function usageTable({
  look = allProcesses,
  nowMs = () => performance.now(),
}: {
  look?: typeof allProcesses
  nowMs?: () => number
} = {}): UsageTable {
  let seen: { byInstance: Map<string, ProcessFacts[]>; atMs: number } | undefined
  let looking: Promise<NonNullable<typeof seen>> | undefined

  function lookNow(): Promise<NonNullable<typeof seen>> {
    looking ??= (async () => {
      const atMs = nowMs()
      const byInstance = new Map<string, ProcessFacts[]>()
      for (const { owner, facts } of await look()) {
        const others = byInstance.get(owner)
        if (others) others.push(facts)
        else byInstance.set(owner, [facts])
      }
      seen = { byInstance, atMs }
      return seen
    })().finally(() => {
      looking = undefined
    })
    return looking
  }

  return {
    outdate() {
      seen = undefined
    },

    async processesOf(instanceId, groupId) {
      const find = ({ byInstance }: NonNullable<typeof seen>) => byInstance.get(ownerOf(instanceId, groupId))
      if (seen && nowMs() - seen.atMs < freshMs) {
        const found = find(seen)
        if (found?.some(({ pid }) => pid === groupId)) return found
      }
      // A look that is under way may have passed this instance before it was there.
      const joined = looking && find(await looking)
      return joined ?? find(await lookNow()) ?? []
    },
  }
}
