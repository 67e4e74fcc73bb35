import { allProcesses, ownerOf, type ProcessFacts } from './process-table.ts'

/** One look at all processes of the machine serves every instance that asks within this time. */
const freshMs = 200

export interface UsageTable {
  /** The processes of an instance: as they were at most 0.2 s ago, or as they are when its first one was not there then. */
  processesOf(instanceId: string, groupId: number): Promise<ProcessFacts[]>
  /** What was seen so far is no longer so: the next one who asks has it looked at again. */
  outdate(): void
}

interface Seen {
  byInstance: Map<string, ProcessFacts[]>
  atMs: number
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
  let seen: Seen | undefined
  let looking: Promise<Seen> | undefined

  async function lookAtAll(): Promise<Seen> {
    const atMs = nowMs()
    const byInstance = new Map<string, ProcessFacts[]>()
    for (const { owner, facts } of await look()) {
      const others = byInstance.get(owner)
      if (others) others.push(facts)
      else byInstance.set(owner, [facts])
    }
    return { byInstance, atMs }
  }

  function lookNow(): Promise<Seen> {
    if (looking) return looking
    const mine = lookAtAll()
      .then((found) => {
        // Unless it was outdated meanwhile.
        if (looking === mine) seen = found
        return found
      })
      .finally(() => {
        if (looking === mine) looking = undefined
      })
    looking = mine
    return mine
  }

  return {
    outdate() {
      seen = undefined
      // Those who wait for a look that is under way have asked before.
      looking = undefined
    },

    async processesOf(instanceId, groupId) {
      const find = ({ byInstance }: Seen) => byInstance.get(ownerOf(instanceId, groupId))
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
