/** What the first start makes: the account's own key pair, and the key that seals tokens. */
import type { Clock } from '../../lib/clock.ts'
import { type RecordStore, VersionConflict } from '../../ports/records.ts'
import { randomAlphanumerics } from './alphanumerics.ts'

export interface RootRecord {
  accessKeyId: string
  accessKeySecret: string
  /** Base64 of 32 bytes. Whoever has it can make credentials. */
  sealingKey: string
  createdTime: string
}

const RECORD_KEY = 'identity/root'

export async function loadOrCreateRoot(
  records: RecordStore,
  clock: Clock,
  randomBytes: (count: number) => Buffer,
): Promise<RootRecord> {
  const found = await records.get<RootRecord>(RECORD_KEY)
  if (found) return found.value
  const created: RootRecord = {
    accessKeyId: `LTAI${randomAlphanumerics(20, randomBytes)}`,
    accessKeySecret: randomAlphanumerics(30, randomBytes),
    sealingKey: randomBytes(32).toString('base64'),
    createdTime: new Date(clock.now()).toISOString(),
  }
  try {
    await records.commit([{ put: RECORD_KEY, value: created, expect: 'absent' }])
    return created
  } catch (error) {
    // In a cluster another node may have been first; its credentials are everyone's.
    const winner = error instanceof VersionConflict ? await records.get<RootRecord>(RECORD_KEY) : undefined
    if (!winner) throw error
    return winner.value
  }
}
