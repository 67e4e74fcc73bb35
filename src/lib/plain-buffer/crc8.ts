/** CRC-8 with the polynomial 0x07, beginning with 0: the sum of every cell and row of PlainBuffer. */
const TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80 ? ((sum << 1) ^ 0x07) & 0xff : sum << 1
  return sum
})

export const crc8Byte = (sum: number, byte: number): number => TABLE[sum ^ byte]!

export function crc8(sum: number, bytes: Uint8Array): number {
  let result = sum
  for (const byte of bytes) result = TABLE[result ^ byte]!
  return result
}
