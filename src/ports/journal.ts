/**
 * Journal: one append-only log, written in the middle of something that does not wait. An entry that was appended survives
 * the death of the process at once, and that of the machine a tenth of a second later or after `flush`. It is read by
 * position, by one reader, which trims what it has made durable elsewhere. `journal.contract.ts` is the definition of correct.
 */
export interface Journal {
  /** Where the next entry goes. Positions only rise, also over a restart; nothing but their order means anything. */
  readonly end: number
  /**
   * Kept when it returns; answers the position behind it. Throws `JournalFull` when the journal has its bound, and the
   * error of the file system when that fails; nothing of the entry is kept then, and a later append may succeed.
   */
  append(entry: Uint8Array): number
  /** Resolves when all that was appended before is on the disk. */
  flush(): Promise<void>
  /** Entries at `from` or behind it, oldest first, `limit` at most; `next` is where to go on. */
  read(from: number, range: { limit: number }): Promise<{ entries: JournalEntry[]; next: number }>
  /** Lets go of entries before this position; when their room is free again is up to the driver. */
  trim(before: number): Promise<void>
  /** Positions from now on are at least this one: the reader has seen later ones than the journal knows, so it lost some. */
  skipTo(position: number): void
  close(): Promise<void>
}

export interface JournalEntry {
  position: number
  data: Uint8Array
}

export const journalEntryBytesMax = 64 * 1024

export class JournalFull extends Error {
  constructor(bytesMax: number) {
    super(`the journal has reached its bound of ${bytesMax} bytes: nobody reads it`)
    this.name = 'JournalFull'
  }
}

/** An entry that breaks these rules is a mistake of the caller. */
export function checkJournalEntry({ length }: Uint8Array): void {
  if (length === 0 || length > journalEntryBytesMax) {
    throw new RangeError(`a journal entry has 1 to ${journalEntryBytesMax} bytes, not ${length}`)
  }
}
