/**
 * RecordStore: ordered, transactional records; the metadata of every product lives behind it.
 *
 * Deliberately four verbs, so that a driver is a day's work and rules cannot hide in it.
 * `records.contract.ts` is the definition of correct. Values are JSON values.
 */
export interface RecordStore {
  get<T>(key: string): Promise<StoredRecord<T> | undefined>
  /** Records whose key starts with `prefix` and is greater than `after`, in byte order (UTF-8) of key; at most `limit`. */
  list<T>(range: { prefix: string; after?: string; limit: number }): Promise<StoredRecord<T>[]>
  /**
   * Applies every write or none; durable when it answers. Throws `VersionConflict` when an expectation does not hold.
   * All expectations are about the state before the batch; then the writes happen in order, so the last of a key counts.
   */
  commit(writes: readonly Write[]): Promise<void>
  close(): Promise<void>
}

export interface StoredRecord<T> {
  key: string
  value: T
  /** Changes with every write of this key and is never used twice for it, even over a removal; pass it back as `expect`. */
  version: number
}

export type Expectation = 'absent' | 'present' | number

export type Write =
  | { put: string; value: unknown; expect?: Expectation }
  | { remove: string; expect?: Expectation }
  /** Writes nothing; the batch applies only if this key is as expected ("the bucket still exists"). */
  | { check: string; expect: Expectation }

export const writtenKey = (write: Write): string =>
  'put' in write ? write.put : 'remove' in write ? write.remove : write.check

/** The form in which drivers keep a value. What JSON cannot say at all is a mistake of the caller. */
export function jsonOf(value: unknown): string {
  const json: string | undefined = JSON.stringify(value)
  if (json === undefined) throw new TypeError(`a record's value is a JSON value, not ${typeof value}`)
  return json
}

/** A key was not as the caller expected; nothing of the batch was written. */
export class VersionConflict extends Error {
  readonly key: string

  constructor(key: string) {
    super(`the record '${key}' is not as expected`)
    this.name = 'VersionConflict'
    this.key = key
  }
}
