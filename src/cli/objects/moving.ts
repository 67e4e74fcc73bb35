/** What every transfer of an object is handed. */
import { CommandFailed } from '../errors.ts'
import type { Terminal } from '../terminal.ts'
import type { TransferProgress } from '../transfer-progress.ts'
import type { ObjectStorage } from './client.ts'

export interface Moving {
  storage: ObjectStorage
  terminal: Terminal
  progress: TransferProgress
  partBytes: number
}

/** Of one object that goes in parts. */
export const PARTS_AT_ONCE = 4
/** Of many objects. Each may be in parts. */
export const FILES_AT_ONCE = 4
/** What is larger than so many parts goes in parts. */
const WHOLE_PARTS_MAX = 4
/** The vendor's number, for one upload. */
export const PARTS_MAX = 10_000
const MEBIBYTE = 1024 * 1024
export const PART_MEBIBYTES = { standard: 8, min: 1, max: 1024 } as const

export const goesInParts = (sizeBytes: number, partBytes: number): boolean =>
  sizeBytes > WHOLE_PARTS_MAX * partBytes

/** As wished, unless that would be more parts than an upload may have. */
export const partBytesFor = (sizeBytes: number, wishedBytes: number): number =>
  Math.max(wishedBytes, Math.ceil(sizeBytes / PARTS_MAX / MEBIBYTE) * MEBIBYTE)

export const partBytesOf = (mebibytes: number): number => mebibytes * MEBIBYTE

/** Bytes that are not those that were sent are never taken for them. */
export function checkCrc64(what: string, sent: string, answered: unknown): void {
  if (answered === undefined || answered === sent) return
  throw new CommandFailed(`${what} arrived with other bytes (CRC-64 ${answered}, not ${sent}). Try again.`)
}
