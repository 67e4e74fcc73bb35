import type { RecordStore } from '../../../ports/records.ts'
import { VersionConflict } from '../../../ports/records.ts'
import type { RowStore } from '../../../ports/rows.ts'
import { changesOf, type StreamSettings, type TableRecord } from '../table.ts'
import { FINISHED, placeInStream } from './token.ts'
import type { TunnelRecord } from './tunnel.ts'

/** More than a tunnel has checkpoints while one is looked at. */
const TRIES_MAX = 25

/**
 * Before changes below a key are removed: notes it on tunnels that have not read them. It is on the disk before any of
 * them is gone, so that a reader who misses them finds the note. `tunnelKeys`: of the table as it is now.
 */
export async function expireTunnels(
  { records, rows }: { records: RecordStore; rows: Pick<RowStore, 'scan'> },
  tunnelKeys: readonly string[],
  { table, stream, before }: { table: TableRecord; stream: StreamSettings; before: Uint8Array },
): Promise<void> {
  for (const key of tunnelKeys) {
    for (let tries = 1; ; tries++) {
      const stored = await records.get<TunnelRecord>(key)
      if (!stored || !(await losesChanges(stored.value))) break
      try {
        await records.commit([
          { put: key, value: { ...stored.value, isExpired: true }, expect: stored.version },
        ])
        break
      } catch (error) {
        // A checkpoint came in between.
        if (!(error instanceof VersionConflict) || tries === TRIES_MAX) throw error
      }
    }
  }

  async function losesChanges({ streamId, isExpired, channels }: TunnelRecord): Promise<boolean> {
    const checkpoint = channels.find(({ type }) => type === 'Stream')?.checkpoint
    if (isExpired || streamId !== stream.id || !checkpoint || checkpoint === FINISHED) return false
    const { from } = placeInStream(checkpoint, streamId)
    if (Buffer.compare(from, before) >= 0) return false
    const unread = await rows.scan(changesOf(table, stream), { from, to: before, limit: 1 })
    return unread.rows.length > 0
  }
}
