/** SQLite's numbers of errors, in the words and codes of a file system, so that a caller needs to know only those. */
const MEANING: Record<number, { code: string; means: string }> = {
  5: { code: 'EBUSY', means: 'another process is writing to it' },
  8: { code: 'EROFS', means: 'it can only be read' },
  10: { code: 'EIO', means: 'the disk failed' },
  11: { code: 'ECORRUPT', means: 'its content is damaged' },
  13: { code: 'ENOSPC', means: 'there is no space left' },
  14: { code: 'ECANTOPEN', means: 'it cannot be opened' },
  26: { code: 'ECORRUPT', means: 'it is not a database' },
}

/** What is told of an error across threads. */
export interface StorageFailure {
  code: string
  message: string
}

export class StorageError extends Error {
  readonly code: string

  constructor({ code, message }: StorageFailure, cause?: unknown) {
    super(message, { cause })
    this.name = 'StorageError'
    this.code = code
  }
}

/** The extended number if it came from SQLite; its low byte is the kind. */
export function sqliteErrorNumber(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode : undefined
}

export function storageFailure(error: unknown, file: string): StorageFailure {
  const original = error instanceof Error ? error.message : String(error)
  const number = sqliteErrorNumber(error)
  const known = number === undefined ? undefined : MEANING[number & 0xff]
  if (known) return { code: known.code, message: `${file}: ${known.means} (${original}, ${number})` }
  const { code } = error as { code?: unknown }
  return { code: typeof code === 'string' ? code : 'EUNKNOWN', message: `${file}: ${original}` }
}
