/** Who dispatches a shard: whoever holds its lease. Its token grows with every change of hands, and is written into every order. */
import { type DispatchStore, type LeaseRow, StoreUnavailable } from '../store/store.ts'

export interface LeaseOptions {
  store: DispatchStore
  clock: { nowMs(): number }
  shard: string
  /** Of this process and no other, ever. */
  owner: string
}

/** Without news for this long an owner is taken to be dead. */
const ttlMs = 10_000
const renewEachMs = 3000
/** Clocks may differ by this: an owner stops so long before, and a successor waits so long after the end. */
const marginMs = 2000

export interface Lease {
  /**
   * Gets or keeps the lease; `status` goes with it. Answers the token, or nothing while somebody else has it. Cheap while there is
   * nothing to renew; calls at the same time are one.
   */
  hold(status: () => string): Promise<number | undefined>
  /** Whether it is ours by the clock, without asking. */
  isHeld(): boolean
  /** A newer owner was seen. */
  lose(): void
  /** Lets it go, so that nobody has to wait for its end. */
  release(): Promise<void>
}

export function leaseOf({ store, clock, shard, owner }: LeaseOptions): Lease {
  let mine: { token: number; expiresAtMs: number; renewedAtMs: number } | undefined

  const isHeld = () => mine !== undefined && clock.nowMs() < mine.expiresAtMs - marginMs

  /** The outcome of a write may be unknown: what is there says it at the next call. */
  async function write(row: LeaseRow, expected: { owner: string; token: number } | undefined) {
    const nowMs = clock.nowMs()
    if (!(await store.putLease(row, expected))) return false
    mine = { token: row.token, expiresAtMs: row.expiresAtMs, renewedAtMs: nowMs }
    return true
  }

  async function acquire(status: string): Promise<void> {
    const row = await store.getLease(shard)
    const nowMs = clock.nowMs()
    if (row !== undefined && row.owner !== owner && nowMs < row.expiresAtMs + marginMs) return
    // One that is ours from before also gets a new token: what was known when it was lost is no longer sure.
    await write({ shard, owner, token: (row?.token ?? 0) + 1, expiresAtMs: nowMs + ttlMs, status }, row)
  }

  async function renew({ token }: { token: number }, status: string): Promise<void> {
    const expiresAtMs = clock.nowMs() + ttlMs
    if (!(await write({ shard, owner, token, expiresAtMs, status }, { owner, token }))) mine = undefined
  }

  let holding: Promise<number | undefined> | undefined

  async function hold(status: () => string): Promise<number | undefined> {
    if (!isHeld()) mine = undefined
    try {
      if (mine === undefined) await acquire(status())
      else if (clock.nowMs() - mine.renewedAtMs >= renewEachMs) await renew(mine, status())
    } catch (error) {
      // It is ours until its end, or not yet: asked again at the next tick.
      if (!(error instanceof StoreUnavailable)) throw error
    }
    return isHeld() ? mine!.token : undefined
  }

  return {
    isHeld,
    lose() {
      mine = undefined
    },
    hold(status) {
      if (isHeld() && clock.nowMs() - mine!.renewedAtMs < renewEachMs) return Promise.resolve(mine!.token)
      holding ??= hold(status).finally(() => {
        holding = undefined
      })
      return holding
    },
    async release() {
      if (mine === undefined) return
      const { token } = mine
      mine = undefined
      await store.putLease({ shard, owner, token, expiresAtMs: 0, status: '{}' }, { owner, token })
    },
  }
}
