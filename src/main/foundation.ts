import { type Clock, systemClock } from '../lib/clock.ts'
import { type IdSource, randomIds } from '../lib/ids.ts'
import type { SandboxDriver } from '../ports/sandbox.ts'
import { type Identity, identity as openIdentity } from '../products/identity/identity.ts'
import { openTrail, type Trail } from '../products/trail/trail.ts'
import type { TakenDataDir } from './data-dir.ts'
import { openSandbox } from './sandbox.ts'
import type { Starting } from './starting.ts'
import { type OpenedStores, openStores } from './stores.ts'

/** What every part is built on. */
export interface Foundation extends Starting, TakenDataDir, OpenedStores {
  clock: Clock
  ids: IdSource
  accountId: string
  region: string
  driver: SandboxDriver
  identity: Identity
  /** Who did what, by every API. */
  trail: Trail
  /** URLs by the names of the listeners; filled when they listen. */
  endpoints: Record<string, string>
}

/** The stores and the sandbox are opened beside each other: one waits for the disk, the other for programs. */
export async function openFoundation(starting: Starting, taken: TakenDataDir): Promise<Foundation> {
  const { HANSHU_ACCOUNT_ID: accountId, HANSHU_REGION: region } = starting.config
  const clock = systemClock
  const [opened, driver] = await allOpened([
    openStores(starting, taken),
    openSandbox(starting, taken.dataDir),
  ])
  const identity = await openIdentity({
    records: opened.stores.records,
    clock,
    accountId,
    unknownRolesUnrestricted: starting.config.HANSHU_UNKNOWN_ROLES === 'unrestricted',
  })
  const trail = openTrail({
    streams: opened.stores.streams,
    clock,
    log: starting.log.child({ part: 'trail' }),
    place: { accountId, region: starting.config.HANSHU_REGION, rootAccessKeyId: identity.root.accessKeyId },
  })
  starting.closing.push(() => trail.settled())
  return {
    ...starting,
    ...taken,
    clock,
    ids: randomIds,
    accountId,
    region,
    ...opened,
    driver,
    identity,
    trail,
    endpoints: {},
  }
}

/** Waits for each, also when one fails: what is still opening could not be closed. */
async function allOpened<T extends readonly unknown[]>(
  opening: {
    [Index in keyof T]: Promise<T[Index]>
  },
): Promise<T> {
  await Promise.allSettled(opening)
  return Promise.all(opening) as unknown as Promise<T>
}
