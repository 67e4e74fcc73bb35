/** What an image is, before anything of it is decoded; and the limits that it has to keep. */
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp'
import type { ImageFormat } from '../../ports/images.ts'
import { bmpHead, readBmp } from './bmp.ts'
import { Refused } from './refused.ts'

/** The vendor's limits: of a side, and of width x height x frames. */
const SIDE_MAX = 30_000
const PIXELS_MAX = 250_000_000

/** What encoders take. */
const UINT16_MAX = 65_535

/**
 * Only these are handed to a decoder, by their first bytes: libvips would else look at everything that it has a loader
 * for, such as SVG, which may name files.
 */
export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  const text = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('latin1')
  if (text(0, 3) === '\xff\xd8\xff') return 'jpg'
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png'
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return 'gif'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp'
  if (text(0, 4) === 'II*\0' || text(0, 4) === 'MM\0*') return 'tiff'
  if (text(0, 2) === 'BM') return 'bmp'
  if (text(4, 12) === 'ftypavif') return 'avif'
  return undefined
}

export interface Source {
  bytes: Uint8Array
  format: ImageFormat
  width: number
  /** Of one frame. */
  height: number
  frames: number
  /** How it is to be turned: 1 is as it is (EXIF). */
  orientation: number
  density?: number
  exif?: Buffer
  /** ms for each frame, and how often (0: forever), of what moves. */
  delay?: number[]
  loop?: number
}

/** `failOn`: what is cut off is refused, as the vendor does; what decoders only warn of is not. */
const options: SharpOptions = { failOn: 'error', limitInputPixels: false, sequentialRead: true }

/** Reads the head only. Throws `Refused`. */
export async function lookAt(bytes: Uint8Array): Promise<Source> {
  const format = formatOf(bytes)
  if (!format) throw new Refused('unsupportedFormat')
  const source = format === 'bmp' ? lookAtBmp(bytes) : { bytes, format, ...(await headOf(bytes, format)) }
  const { width, height, frames } = source
  if (width > SIDE_MAX || height > SIDE_MAX || width * height * frames > PIXELS_MAX)
    throw new Refused('sourceTooLarge')
  return source
}

function lookAtBmp(bytes: Uint8Array): Source {
  const { width, height } = bmpHead(bytes)
  return { bytes, format: 'bmp', width, height, frames: 1, orientation: 1 }
}

async function headOf(bytes: Uint8Array, format: ImageFormat): Promise<Omit<Source, 'bytes' | 'format'>> {
  let head: Metadata
  try {
    head = await sharp(bytes, options).metadata()
  } catch {
    // What else it says is about its own parts. An AVIF may be in a coding that is not known here.
    throw new Refused(format === 'avif' ? 'unsupportedFormat' : 'broken')
  }
  const { width, height, pages = 1, pageHeight = height, orientation = 1, density, exif, delay, loop } = head
  const moves = format === 'gif' || format === 'webp'
  return {
    width,
    height: pageHeight,
    // Pages of a TIFF are other images; the first is meant.
    frames: moves ? pages : 1,
    orientation,
    ...(density === undefined ? {} : { density }),
    ...(exif === undefined ? {} : { exif }),
    // Sixteen bits in the file; hundredths of a second there are ten times as many here.
    ...(delay === undefined ? {} : { delay: delay.map((ms) => Math.min(ms, UINT16_MAX)) }),
    ...(loop === undefined ? {} : { loop: Math.min(loop, UINT16_MAX) }),
  }
}

/** A pipeline of all frames, or of the first. */
export function decoded({ bytes, format }: Source, { moving }: { moving: boolean }): Sharp {
  if (format === 'bmp') {
    const { data, width, height, channels } = readBmp(bytes)
    return sharp(data, { raw: { width, height, channels } })
  }
  return sharp(bytes, { ...options, animated: moving })
}
