import type { InstanceState } from './instance-lifecycle.ts'

interface Held {
  readonly state: InstanceState
}

/** A time for which an instance was kept ready. */
export interface HeldTime<Pooled> {
  pooled: Pooled
  fromMs: number
  toMs: number
  /** When it began, if it was told in part before. */
  sinceMs: number
  /** `lightSleep`: while it idled without processor time. */
  kind: 'provisioned' | 'lightSleep'
}

/** Told this often while it lasts: what a crash can lose of it. */
const tellEveryMs = 10_000

interface Hold {
  sinceMs: number
  fromMs: number
  kind: HeldTime<unknown>['kind']
}

/**
 * Which instances of a pool are held ready at its owner's expense, and for how long. Those that never sleep are held whether
 * they serve or not, and their calls are charged as requests only; the others only while they idle, since their calls are
 * charged like those of any instance.
 */
export class HeldInstances<Pooled extends Held> {
  readonly #tell: (held: HeldTime<Pooled>) => void
  readonly #holds = new Map<Pooled, Hold>()

  constructor(tell: (held: HeldTime<Pooled>) => void) {
    this.#tell = tell
  }

  get isEmpty(): boolean {
    return this.#holds.size === 0
  }

  /** The calls of this instance are paid for by its being held. */
  paysFor(pooled: Pooled): boolean {
    return this.#holds.get(pooled)?.kind === 'provisioned'
  }

  /** To be called after every change of an instance's state or of what is to be kept. `nowMs` is wall time. */
  look(
    instances: ReadonlySet<Pooled>,
    { nowMs, count, awake }: { nowMs: number; count: number; awake: boolean },
  ): void {
    const kind = awake ? 'provisioned' : 'lightSleep'
    const idle = [...instances].filter(({ state }) => state.is === 'idle' || state.is === 'frozen')
    const busy = [...instances].filter(({ state }) => state.is === 'busy')
    const eligible = new Set(awake ? [...busy, ...idle] : idle)
    let room = awake ? count : Math.max(0, count - busy.length)
    for (const [pooled, hold] of this.#holds) {
      if (eligible.has(pooled) && hold.kind === kind && room > 0) room--
      else this.#end(pooled, hold, nowMs)
    }
    for (const pooled of eligible) {
      if (room <= 0) return
      if (this.#holds.has(pooled)) continue
      this.#holds.set(pooled, { sinceMs: nowMs, fromMs: nowMs, kind })
      room--
    }
  }

  /** Tells of what goes on, now and then. */
  tellNow(nowMs: number): void {
    for (const [pooled, hold] of this.#holds) {
      // The wall clock was put back: what would be a negative time begins anew.
      if (nowMs < hold.fromMs) this.#holds.set(pooled, { ...hold, sinceMs: nowMs, fromMs: nowMs })
      else if (nowMs - hold.fromMs >= tellEveryMs) {
        this.#tell({ pooled, ...hold, toMs: nowMs })
        hold.fromMs = nowMs
      }
    }
  }

  #end(pooled: Pooled, hold: Hold, nowMs: number): void {
    this.#holds.delete(pooled)
    if (nowMs > hold.fromMs) this.#tell({ pooled, ...hold, toMs: nowMs })
  }
}
