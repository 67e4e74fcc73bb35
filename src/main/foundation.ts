import { join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { lockDataDir } from '../drivers/embedded/data-dir.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { type IdSource, randomIds } from '../lib/ids.ts'
import type { Logger } from '../lib/logger.ts'
import { clearReadyFile } from '../lib/ready-file.ts'
import { type Identity, identity as openIdentity } from '../products/identity/identity.ts'
import { openStores, type Stores } from './stores.ts'

export interface Starting {
  config: Config
  sandboxKind: 'oci' | 'process'
  startedMs: number
  log: Logger
  /** What undoes each step, in order; run backwards. */
  closing: (() => Promise<void> | void)[]
}

/** What every part is built on. */
export interface Foundation extends Starting {
  clock: Clock
  ids: IdSource
  accountId: string
  region: string
  /** Absolute; it belongs to this process alone. */
  dataDir: string
  /** Written when the platform is up. */
  readyFiles: readonly string[]
  stores: Stores
  identity: Identity
  /** URLs by the names of the listeners; filled when they listen. */
  endpoints: Record<string, string>
}

export async function openFoundation(starting: Starting): Promise<Foundation> {
  const { config, closing } = starting
  const { HANSHU_ACCOUNT_ID: accountId, HANSHU_REGION: region } = config
  const clock = systemClock
  const dataDir = resolve(config.HANSHU_DATA)
  const owned = lockDataDir(dataDir)
  closing.push(() => owned.release())
  const readyFiles = [
    join(dataDir, 'ready.json'),
    ...(config.HANSHU_READY_FILE === undefined ? [] : [resolve(config.HANSHU_READY_FILE)]),
  ]
  for (const file of readyFiles) await clearReadyFile(file)
  const stores = await openStores(dataDir, config.HANSHU_EPHEMERAL)
  closing.push(async () => {
    for (const store of Object.values(stores)) await store.close()
  })
  const identity = await openIdentity({ records: stores.records, clock, accountId })
  return {
    ...starting,
    clock,
    ids: randomIds,
    accountId,
    region,
    dataDir,
    readyFiles,
    stores,
    identity,
    endpoints: {},
  }
}
