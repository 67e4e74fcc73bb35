import type { Clock } from '../../lib/clock.ts'
import type { BlobStore } from '../../ports/blobs.ts'
import type { CodeReference } from '../../ports/invocation.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { FunctionState } from './function.ts'
import type { LayerVersionRecord } from './layers.ts'
import type { VersionRecord } from './versions.ts'

const BATCH = 200

/**
 * Finds code packages that nothing uses any more: replaced by an update, of a deleted function, version or layer, or
 * uploaded for a request that was then refused. The rule: a blob goes when no record named it, and no instance or waiting
 * call had it, in two looks that were more than `unusedForMs` apart, and in none in between. A restart forgets the looks.
 * `blobs` must hold nothing but code packages, each upload under an id of its own. The owner calls `sweep` now and then, one at a time.
 */
export class CodeSweeper {
  readonly #records: RecordStore
  readonly #blobs: Pick<BlobStore, 'list' | 'remove'>
  readonly #clock: Clock
  readonly #unusedForMs: number
  readonly #inUse: () => ReadonlySet<string>
  /** Blobs without a record → when that was first seen. */
  readonly #unusedSince = new Map<string, number>()

  constructor({
    records,
    blobs,
    clock,
    unusedForMs,
    inUse,
  }: {
    records: RecordStore
    blobs: Pick<BlobStore, 'list' | 'remove'>
    clock: Clock
    /** Longer than a call takes from its name to an instance, and than a link to a package is good for. */
    unusedForMs: number
    /** Packages of which something runs, or is about to, named by a record or not: an invocation may take a day. */
    inUse(): ReadonlySet<string>
  }) {
    this.#records = records
    this.#blobs = blobs
    this.#clock = clock
    this.#unusedForMs = unusedForMs
    this.#inUse = inUse
  }

  /**
   * For a platform of one process, before it serves anything: nothing runs and nothing is being uploaded, so what
   * no record names is not needed. Answers the ids of the blobs that it removed.
   */
  async sweepAtStart(): Promise<string[]> {
    await this.sweep()
    const removed = [...this.#unusedSince.keys()]
    for (const blobId of removed) await this.#blobs.remove(blobId)
    this.#unusedSince.clear()
    return removed
  }

  /** While the platform runs. Answers the ids of the blobs that it removed. */
  async sweep(): Promise<string[]> {
    // Blobs first: one that is written while the records are read is not looked at.
    const present = new Set<string>()
    for await (const blobId of this.#blobs.list()) present.add(blobId)
    const used = await usedBlobs(this.#records)
    const running = this.#inUse()
    const now = this.#clock.now()
    const removed: string[] = []
    for (const blobId of this.#unusedSince.keys()) {
      if (!present.has(blobId)) this.#unusedSince.delete(blobId)
    }
    for (const blobId of present) {
      if (used.has(blobId) || running.has(blobId)) {
        this.#unusedSince.delete(blobId)
        continue
      }
      const since = this.#unusedSince.get(blobId)
      if (since === undefined) {
        this.#unusedSince.set(blobId, now)
      } else if (now - since > this.#unusedForMs) {
        await this.#blobs.remove(blobId)
        this.#unusedSince.delete(blobId)
        removed.push(blobId)
      }
    }
    return removed
  }
}

/** The blobs that functions, versions and layers of every account name. */
async function usedBlobs(records: RecordStore): Promise<Set<string>> {
  const used = new Set<string>()
  const use = ({ blobId }: CodeReference): void => void used.add(blobId)
  const useState = ({ code, config }: FunctionState): void => {
    use(code)
    for (const layer of config.layers) use(layer.code)
  }
  let after: string | undefined
  for (;;) {
    const batch = await records.list({ prefix: 'fc/', after, limit: BATCH })
    for (const { key, value } of batch) {
      after = key
      const kind = key.split('/', 3)[2]
      if (kind === 'functions') useState(value as FunctionState)
      if (kind === 'versions') useState((value as VersionRecord).state)
      if (kind === 'layer-versions') use((value as LayerVersionRecord).code)
    }
    if (batch.length < BATCH) return used
  }
}
