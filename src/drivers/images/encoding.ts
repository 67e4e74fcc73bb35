/** What is answered: the pixels as a file of the format and the quality that are asked for. */
import type { ImageFormat, ImageOutput } from '../../ports/images.ts'
import { bmpBytes, writeBmp } from './bmp.ts'
import { type Canvas, settled } from './canvas.ts'
import { jpegQuality } from './jpeg-quality.ts'
import { Refused } from './refused.ts'
import type { Source } from './source.ts'

/** A result goes through the memory of the platform. */
export const RESULT_BYTES_MAX = 64 * 1024 * 1024

/** Where nobody says: of JPEG made from another format; of WebP and AVIF what libvips takes. */
const JPEG_QUALITY = 90
const WEBP_QUALITY = 80
const AVIF_QUALITY = 50

export async function encoded(
  canvas: Canvas,
  source: Source,
  { format = source.format, quality, interlaced }: ImageOutput,
): Promise<{ bytes: Uint8Array; format: ImageFormat }> {
  const { pipeline, width, height } =
    format === 'jpg' && canvas.pending === 'layers' ? await settled(canvas) : canvas
  const bytes = await (async (): Promise<Uint8Array> => {
    const moving = {
      ...(source.delay === undefined ? {} : { delay: source.delay }),
      ...(source.loop === undefined ? {} : { loop: source.loop }),
    }
    switch (format) {
      case 'jpg': {
        const jpeg = { quality: jpegQualityOf(source, quality), progressive: interlaced }
        return pipeline.flatten({ background: '#ffffff' }).jpeg(jpeg).toBuffer()
      }
      case 'png':
        return pipeline.png().toBuffer()
      case 'webp':
        return pipeline.webp({ quality: quality?.percent ?? WEBP_QUALITY, ...moving }).toBuffer()
      case 'gif':
        return pipeline.gif(moving).toBuffer()
      case 'tiff':
        return pipeline.tiff({ compression: 'lzw' }).toBuffer()
      case 'avif':
        return pipeline.avif({ quality: quality?.percent ?? AVIF_QUALITY }).toBuffer()
      case 'bmp':
        return bmp(pipeline, { width, height })
    }
  })()
  if (bytes.length > RESULT_BYTES_MAX) throw new Refused('resultTooLarge')
  return { bytes, format }
}

async function bmp(
  pipeline: Canvas['pipeline'],
  size: { width: number; height: number },
): Promise<Uint8Array> {
  if (bmpBytes({ ...size, channels: 3 }) > RESULT_BYTES_MAX) throw new Refused('resultTooLarge')
  const { data, info } = await pipeline.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (channels !== 3 && channels !== 4) throw new Error(`${channels} channels of sRGB`)
  return writeBmp({ data, width, height, channels })
}

/** Absolute: never better than the source is, which would only make it larger. */
function jpegQualityOf({ format, bytes }: Source, quality: ImageOutput['quality']): number {
  const had = format === 'jpg' ? jpegQuality(bytes) : undefined
  if (!quality) return had ?? JPEG_QUALITY
  const { relative, percent } = quality
  if (!relative) return Math.min(percent, had ?? 100)
  return Math.max(1, Math.round((percent * (had ?? 100)) / 100))
}
