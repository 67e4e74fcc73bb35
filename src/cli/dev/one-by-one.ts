/** Works off names one after the other; a name that comes again while its work is under way is worked off once more. */
export interface OneByOne {
  add(name: string): void
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>
}

/** `work` must not reject. What waits is bounded by the number of names. */
export function oneByOne(work: (name: string) => Promise<void>): OneByOne {
  const waiting = new Set<string>()
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    for (const name of waiting) {
      waiting.delete(name)
      await work(name)
    }
    running = undefined
  }

  return {
    add(name) {
      waiting.add(name)
      running ??= run()
    },
    idle: async () => running,
  }
}
