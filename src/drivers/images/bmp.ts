/** Windows bitmaps, which libvips cannot read: uncompressed, of 24 or 32 bits. */
import { Refused } from './refused.ts'

export interface Pixels {
  data: Uint8Array
  width: number
  height: number
  /** 4: with alpha. */
  channels: 3 | 4
}

const FILE_HEADER_BYTES = 14
/** BITMAPV4HEADER: the oldest that has a mask for alpha. */
const INFO_HEADER_BYTES = 108
const BI_RGB = 0
const BI_BITFIELDS = 3

export interface BmpHead {
  width: number
  height: number
  /** Rows from the top; as a rule they are from the bottom. */
  topDown: boolean
  bytesPerPixel: 3 | 4
  hasAlpha: boolean
  pixelsAt: number
}

/** Throws `Refused` for other kinds of bitmaps. */
export function bmpHead(bytes: Uint8Array): BmpHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < FILE_HEADER_BYTES + 40) throw new Refused('broken')
  const infoBytes = view.getUint32(14, true)
  const width = view.getInt32(18, true)
  const height = view.getInt32(22, true)
  const bits = view.getUint16(28, true)
  const compression = view.getUint32(30, true)
  if (infoBytes < 40 || width <= 0 || height === 0) throw new Refused('broken')
  if (bits !== 24 && bits !== 32) throw new Refused('unsupportedFormat')
  if (compression !== BI_RGB && compression !== BI_BITFIELDS) throw new Refused('unsupportedFormat')
  let hasAlpha = false
  if (compression === BI_BITFIELDS) {
    if (bits !== 32 || bytes.length < 70) throw new Refused('unsupportedFormat')
    const masks = [54, 58, 62].map((at) => view.getUint32(at, true))
    if (masks[0] !== 0xff0000 || masks[1] !== 0xff00 || masks[2] !== 0xff)
      throw new Refused('unsupportedFormat')
    hasAlpha = infoBytes >= 56 && view.getUint32(66, true) === 0xff000000
  }
  const bytesPerPixel = bits === 24 ? 3 : 4
  return {
    width,
    height: Math.abs(height),
    topDown: height < 0,
    bytesPerPixel,
    hasAlpha,
    pixelsAt: view.getUint32(10, true),
  }
}

const rowBytesOf = (width: number, bytesPerPixel: number): number =>
  Math.ceil((width * bytesPerPixel) / 4) * 4

export function readBmp(bytes: Uint8Array): Pixels {
  const { width, height, topDown, bytesPerPixel, hasAlpha, pixelsAt } = bmpHead(bytes)
  const rowBytes = rowBytesOf(width, bytesPerPixel)
  if (pixelsAt + rowBytes * height > bytes.length) throw new Refused('broken')
  const channels = hasAlpha ? 4 : 3
  const data = new Uint8Array(width * height * channels)
  let to = 0
  for (let row = 0; row < height; row++) {
    let from = pixelsAt + rowBytes * (topDown ? row : height - 1 - row)
    for (let column = 0; column < width; column++, from += bytesPerPixel, to += channels) {
      data[to] = bytes[from + 2]!
      data[to + 1] = bytes[from + 1]!
      data[to + 2] = bytes[from]!
      if (hasAlpha) data[to + 3] = bytes[from + 3]!
    }
  }
  return { data, width, height, channels }
}

export const bmpBytes = ({ width, height, channels }: Omit<Pixels, 'data'>): number =>
  FILE_HEADER_BYTES + INFO_HEADER_BYTES + rowBytesOf(width, channels) * height

export function writeBmp({ data, width, height, channels }: Pixels): Uint8Array {
  const rowBytes = rowBytesOf(width, channels)
  const pixelsAt = FILE_HEADER_BYTES + INFO_HEADER_BYTES
  const bytes = new Uint8Array(bmpBytes({ width, height, channels }))
  const view = new DataView(bytes.buffer)
  bytes.set([0x42, 0x4d])
  view.setUint32(2, bytes.length, true)
  view.setUint32(10, pixelsAt, true)
  view.setUint32(14, INFO_HEADER_BYTES, true)
  view.setInt32(18, width, true)
  view.setInt32(22, height, true)
  view.setUint16(26, 1, true)
  view.setUint16(28, channels * 8, true)
  view.setUint32(30, channels === 4 ? BI_BITFIELDS : BI_RGB, true)
  view.setUint32(34, rowBytes * height, true)
  if (channels === 4)
    for (const [index, mask] of [0xff0000, 0xff00, 0xff, 0xff000000].entries())
      view.setUint32(54 + index * 4, mask, true)
  let from = 0
  for (let row = height - 1; row >= 0; row--) {
    let to = pixelsAt + rowBytes * row
    for (let column = 0; column < width; column++, from += channels, to += channels) {
      bytes[to] = data[from + 2]!
      bytes[to + 1] = data[from + 1]!
      bytes[to + 2] = data[from]!
      if (channels === 4) bytes[to + 3] = data[from + 3]!
    }
  }
  return bytes
}
