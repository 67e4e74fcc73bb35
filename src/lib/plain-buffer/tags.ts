/** PlainBuffer's numbers. The grammar of the vendor's page omits the length before a value, which all clients write. */
export const HEADER = 0x75

export const tag = {
  primaryKey: 0x01,
  attributes: 0x02,
  cell: 0x03,
  name: 0x04,
  value: 0x05,
  op: 0x06,
  timestamp: 0x07,
  deleteRow: 0x08,
  rowChecksum: 0x09,
  cellChecksum: 0x0a,
  extension: 0x0b,
  sequence: 0x0c,
  sequenceEpoch: 0x0d,
  sequenceTimestamp: 0x0e,
  sequenceRowIndex: 0x0f,
} as const

export const cellOp = { deleteAllVersions: 1, deleteOneVersion: 3, increment: 4 } as const

export type CellOp = keyof typeof cellOp
