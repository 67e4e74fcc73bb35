import type { Readable } from 'node:stream'
import { type SnapshotOptions, sweepSnapshot, takeSnapshot } from '../drivers/embedded/snapshot.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { version } from './version.ts'

/** Removals are held back while a snapshot is read: a reader that has gone to sleep must not hold them for ever. */
const STALLED_AFTER_MS = 10 * 60_000

/** Snapshots of a platform, one at a time. */
export async function openSnapshots({
  clock,
  log,
  ...options
}: Omit<SnapshotOptions, 'nowMs' | 'facts' | 'onPiece'> & { clock: Clock; log: Logger }) {
  await sweepSnapshot(options.dataDir)
  let underWay: Promise<void> | undefined
  let current: Readable | undefined
  let cancelWait = (): void => {}

  const waitForReader = (): void => {
    cancelWait()
    cancelWait = clock.after(STALLED_AFTER_MS, () =>
      current?.destroy(new Error('nobody reads the snapshot any more')),
    )
  }

  /** Resolves when there is an archive to read; `over` is called when it is done with. */
  async function begin(over: () => void): Promise<Readable> {
    const snapshot = { ...options, nowMs: clock.now(), facts: { version }, onPiece: waitForReader }
    const { archive, ended } = await takeSnapshot(snapshot)
    waitForReader()
    current = archive
    void ended
      .catch((error: unknown) => log.error({ err: error }, 'what a snapshot left could not be removed'))
      .finally(over)
    log.info({}, 'a snapshot is taken')
    return archive
  }

  return {
    /** Undefined while another one is made. */
    async take(): Promise<Readable | undefined> {
      if (underWay) return undefined
      const { promise, resolve } = Promise.withResolvers<void>()
      underWay = promise
      const over = (): void => {
        cancelWait()
        underWay = undefined
        current = undefined
        resolve()
      }
      return begin(over).catch((error: unknown) => {
        over()
        throw error
      })
    },

    async close() {
      current?.destroy(new Error('the platform is stopping'))
      await underWay
    },
  }
}
