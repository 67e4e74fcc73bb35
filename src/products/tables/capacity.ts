/** Capacity units: what the vendor charges a read or a write with. */
import type { MessageContent } from '../../lib/protobuf.ts'
import type { consumedCapacity } from './messages/common.ts'

const UNIT_BYTES = 4096

type Consumed = MessageContent<typeof consumedCapacity>

/** Of reading so many bytes; a row that is not there costs one unit too. */
export const readUnits = (sizeBytes: number): Consumed => consumed(unitsOf(sizeBytes), 0)

export const consumed = (read: number, write: number): Consumed => ({ capacity_unit: { read, write } })

export const unitsOf = (sizeBytes: number): number => Math.max(1, Math.ceil(sizeBytes / UNIT_BYTES))
