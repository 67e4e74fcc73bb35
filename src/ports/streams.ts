/**
 * StreamStore: append-only logs by name. An append is acknowledged only when it is durable; entries keep the order in
 * which they were acknowledged; sequence numbers start at 1, rise by one per entry and are never reused, even after a trim.
 */
export interface StreamStore {
  /** Appends all entries or none and answers the sequence number of the last. Appending nothing is an error. */
  append(stream: string, entries: readonly Uint8Array[]): Promise<number>
  /** Entries with sequence >= `from`, oldest first, at most `limit` and (after the first) at most `bytesMax` bytes. */
  read(stream: string, range: { from: number; limit: number; bytesMax?: number }): Promise<StreamEntry[]>
  /** Forgets every entry with a sequence below `before`; a stream that does not exist has none. */
  trim(stream: string, before: number): Promise<void>
  /** Undefined for a stream that was never written or was removed. */
  stat(stream: string): Promise<StreamInfo | undefined>
  /** Names that start with `prefix`, in byte order. */
  list(prefix: string): Promise<string[]>
  /** Forgets the stream and its sequence. */
  remove(stream: string): Promise<void>
  close(): Promise<void>
}

export interface StreamEntry {
  sequence: number
  data: Uint8Array
}

export interface StreamInfo {
  /** Sequence of the oldest entry kept; last + 1 when all were trimmed. */
  first: number
  last: number
  /** Sum of the entries' sizes that are kept. */
  sizeBytes: number
}

export function checkAppend(entries: readonly Uint8Array[]): void {
  if (entries.length === 0) throw new RangeError('an append has at least one entry')
}
