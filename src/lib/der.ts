/** The few parts of DER (X.690) that certificates need: written, never read. */

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
}

/** A value of any tag around what is in it. */
export function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size: number[] = []
  for (let left = length; left > 0; left >>>= 8) size.unshift(left & 0xff)
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | size.length, ...size]
  return Buffer.concat([Buffer.from(head), content])
}

export const sequence = (...contents: readonly Buffer[]): Buffer => tagged(tags.sequence, ...contents)
export const set = (...contents: readonly Buffer[]): Buffer => tagged(tags.set, ...contents)
export const octets = (content: Buffer): Buffer => tagged(tags.octetString, content)
/** Of whole bytes, unless the last of them has bits that are not used. */
export const bits = (content: Buffer, unused = 0): Buffer =>
  tagged(tags.bitString, Buffer.from([unused]), content)
export const text = (value: string): Buffer => tagged(tags.utf8, Buffer.from(value))
/** Big-endian; the caller sees to the sign. */
export const integer = (bytes: Buffer): Buffer => tagged(tags.integer, bytes)
/** The encoded arcs, in hex. */
export const oid = (hex: string): Buffer => tagged(tags.oid, Buffer.from(hex, 'hex'))
export const yes: Buffer = tagged(tags.boolean, Buffer.from([0xff]))
export const nothing: Buffer = tagged(tags.null)

/** In whole seconds. Times before 2050 have two digits for the year, those after have four. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  const isLate = digits >= '2050'
  return tagged(isLate ? tags.generalizedTime : tags.utcTime, Buffer.from(isLate ? digits : digits.slice(2)))
}
