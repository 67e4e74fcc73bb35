import { randomBytes, randomUUID } from 'node:crypto'

/** Where identifiers come from; a test hands in a counting one. */
export interface IdSource {
  /** Function Compute 3.0 form: `1-{8 hex unix seconds}-{8 hex}-{12 hex}`. */
  requestId(nowMs: number): string
  /** `c-{8 hex unix seconds}-{8 hex}-{12 hex}`. */
  instanceId(nowMs: number): string
  uuid(): string
}

const hexSeconds = (nowMs: number): string =>
  Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, '0')

/** Random bytes are drawn in blocks: one system call for some hundred request ids. */
let pool = Buffer.alloc(0)
let drawn = 0
function randomHex(bytes: number): string {
  if (drawn + bytes > pool.length) {
    pool = randomBytes(4096)
    drawn = 0
  }
  const hex = pool.toString('hex', drawn, drawn + bytes)
  drawn += bytes
  return hex
}

export const randomIds: IdSource = {
  requestId: (nowMs) => `1-${hexSeconds(nowMs)}-${randomHex(4)}-${randomHex(6)}`,
  instanceId: (nowMs) => `c-${hexSeconds(nowMs)}-${randomHex(4)}-${randomHex(6)}`,
  uuid: () => randomUUID(),
}
