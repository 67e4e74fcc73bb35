/** An image on its way through the steps. */
import sharp, { type Sharp } from 'sharp'
import type { Size } from './geometry.ts'
import { Refused } from './refused.ts'

export interface Canvas extends Size {
  /** Decodes, and does the last step, when it is asked for pixels. */
  pipeline: Sharp
  /** One above the other in the pipeline; `height` is of one. */
  frames: number
  /**
   * A step waits in the pipeline: another one would not be done behind it, but in the library's own order. `layers`: it
   * may leave pixels clear, which flattening in the same pipeline would come too early for.
   */
  pending: 'nothing' | 'step' | 'layers'
}

/** So many pixels may lie between two steps in memory, of four bytes each: four times what may come out of a resize. */
export const BETWEEN_PIXELS_MAX = 64 * 1024 * 1024

/** The canvas, with nothing pending: its pixels are computed, as sRGB of 8 bits. */
export async function settled(canvas: Canvas): Promise<Canvas> {
  if (canvas.pending === 'nothing') return canvas
  const { pipeline, width, height, frames } = canvas
  if (width * height * frames > BETWEEN_PIXELS_MAX) throw new Refused('sourceTooLarge')
  const { data, info } = await pipeline.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return canvasOf(data, { width: info.width, height: info.height / frames, frames, channels: info.channels })
}

export function canvasOf(
  data: Uint8Array,
  { width, height, frames = 1, channels }: Size & { frames?: number; channels: 1 | 2 | 3 | 4 },
): Canvas {
  const raw = { width, height: height * frames, channels, ...(frames > 1 ? { pageHeight: height } : {}) }
  return {
    pipeline: sharp(data, { raw, limitInputPixels: false, animated: frames > 1 }),
    width,
    height,
    frames,
    pending: 'nothing',
  }
}

/** The canvas behind one more step. */
export const stepped = (
  canvas: Canvas,
  pipeline: Sharp,
  size: Size,
  pending: 'step' | 'layers' = 'layers',
): Canvas => ({
  ...canvas,
  pipeline,
  width: size.width,
  height: size.height,
  pending,
})
