/** How well a JPEG was kept: from its table of quantization, which encoders scale by the quality they are asked for. */

/** ITU-T T.81, table K.1 (luminance): all of it together. */
const STANDARD_SUM = 3688

/** 1 to 100; undefined where there is no such table. */
export function jpegQuality(bytes: Uint8Array): number | undefined {
  const sum = luminanceSum(bytes)
  if (sum === undefined) return undefined
  const percent = (sum * 100) / STANDARD_SUM
  const quality = percent <= 100 ? (200 - percent) / 2 : 5000 / percent
  return Math.min(100, Math.max(1, Math.round(quality)))
}

/** The sum of the 64 values of table 0. */
function luminanceSum(bytes: Uint8Array): number | undefined {
  let at = 2
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!
    // Start of scan: all tables came before.
    if (marker === 0xda) return undefined
    const end = at + 2 + (bytes[at + 2]! << 8) + bytes[at + 3]!
    if (marker === 0xdb) {
      for (let table = at + 4; table < Math.min(end, bytes.length); ) {
        const wide = bytes[table]! >> 4 === 1
        const isLuminance = (bytes[table]! & 15) === 0
        const sizeBytes = wide ? 128 : 64
        if (table + 1 + sizeBytes > bytes.length) return undefined
        if (isLuminance) {
          let sum = 0
          for (let index = 0; index < 64; index++)
            sum += wide
              ? (bytes[table + 1 + index * 2]! << 8) + bytes[table + 2 + index * 2]!
              : bytes[table + 1 + index]!
          return sum
        }
        table += 1 + sizeBytes
      }
    }
    at = end
  }
  return undefined
}
