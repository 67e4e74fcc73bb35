/** Where things are and how large they get: arithmetic, as the vendor's reference describes it. */
import type { CropStep, Gravity, ResizeStep } from '../../ports/images.ts'

export interface Size {
  width: number
  height: number
}

export interface Region extends Size {
  left: number
  top: number
}

/** 0, a half or 1 of what is left beside, and above. */
const CELLS: Readonly<Record<Gravity, readonly [column: number, row: number]>> = {
  nw: [0, 0],
  north: [0.5, 0],
  ne: [1, 0],
  west: [0, 0.5],
  center: [0.5, 0.5],
  east: [1, 0.5],
  sw: [0, 1],
  south: [0.5, 1],
  se: [1, 1],
}

export interface Resized extends Size {
  /** How the image is fitted into its new size: it may be out of shape, it is cut, or something is added. */
  fit: 'fill' | 'cover' | 'contain'
}

/** Undefined: it stays as it is. `main` is what a watermark is put on. */
export function resized(source: Size, step: ResizeStep, main: Size = source): Resized | undefined {
  if (step.percentOfMain !== undefined) {
    const share = step.percentOfMain / 100
    return scaled(
      source,
      Math.min((main.width * share) / source.width, (main.height * share) / source.height),
    )
  }
  if (step.percent !== undefined) return scaled(source, step.percent / 100)
  const { width, height } = boxOf(source, step)
  const { mode, limit } = step
  const across = width === undefined ? undefined : width / source.width
  const down = height === undefined ? undefined : height / source.height
  if (across === undefined || down === undefined || mode === 'lfit' || mode === 'mfit') {
    const scales = [across, down].filter((scale) => scale !== undefined)
    const scale = mode === 'mfit' ? Math.max(...scales) : Math.min(...scales)
    return limit && scale > 1 ? undefined : scaled(source, scale)
  }
  const grows =
    mode === 'fill'
      ? Math.max(across, down) > 1
      : mode === 'pad'
        ? Math.min(across, down) > 1
        : across > 1 && down > 1
  if (limit && grows) return undefined
  const fit = mode === 'fill' ? 'cover' : mode === 'pad' ? 'contain' : 'fill'
  return { width: width!, height: height!, fit }
}

const scaled = ({ width, height }: Size, scale: number): Resized => ({
  width: Math.max(1, Math.round(width * scale)),
  height: Math.max(1, Math.round(height * scale)),
  fit: 'fill',
})

function boxOf(source: Size, { width, height, longer, shorter }: ResizeStep): Partial<Size> {
  const [across, down] =
    width !== undefined || height !== undefined
      ? [width, height]
      : source.width >= source.height
        ? [longer, shorter]
        : [shorter, longer]
  return {
    ...(across === undefined ? {} : { width: across }),
    ...(down === undefined ? {} : { height: down }),
  }
}

/** Undefined: it begins outside of the image. What goes beyond the edges is left out. */
export function cropped(source: Size, { width, height, x, y, gravity }: CropStep): Region | undefined {
  const across = Math.min(width ?? source.width, source.width)
  const down = Math.min(height ?? source.height, source.height)
  const [column, row] = CELLS[gravity]
  const left = Math.floor((source.width - across) * column) + x
  const top = Math.floor((source.height - down) * row) + y
  if (left >= source.width || top >= source.height) return undefined
  return {
    left,
    top,
    width: Math.min(across, source.width - left),
    height: Math.min(down, source.height - top),
  }
}

/** The square around the centre: its side is odd, so that it has one. */
export function circled(source: Size, radius: number): Region & { radius: number } {
  const within = Math.max(0, Math.min(radius, Math.floor((Math.min(source.width, source.height) - 1) / 2)))
  const side = within * 2 + 1
  const left = Math.floor((source.width - side) / 2)
  const top = Math.floor((source.height - side) / 2)
  return { left, top, width: side, height: side, radius: within }
}

/** The slice with this number; undefined where there is none. */
export function sliced(
  { width, height }: Size,
  { axis, length, index }: { axis: 'x' | 'y'; length: number; index: number },
): Region | undefined {
  const from = index * length
  if (from >= (axis === 'x' ? width : height)) return undefined
  return axis === 'x'
    ? { left: from, top: 0, width: Math.min(length, width - from), height }
    : { left: 0, top: from, width, height: Math.min(length, height - from) }
}

/** The upper left corner of something that is put onto the image; it may be outside. */
export function placed(
  image: Size,
  thing: Size,
  { gravity, x, y, verticalOffset }: { gravity: Gravity; x: number; y: number; verticalOffset: number },
): { left: number; top: number } {
  const [column, row] = CELLS[gravity]
  const marginX = column === 0 ? x : column === 1 ? -x : 0
  const marginY = row === 0 ? y : row === 1 ? -y : verticalOffset
  return {
    left: Math.round((image.width - thing.width) * column) + marginX,
    top: Math.round((image.height - thing.height) * row) + marginY,
  }
}

/** What of a thing at this corner is inside of the image, in the thing's own coordinates. */
export function visible(
  image: Size,
  thing: Size,
  { left, top }: { left: number; top: number },
): Region | undefined {
  const from = { left: Math.max(0, -left), top: Math.max(0, -top) }
  const width = Math.min(thing.width, image.width - left) - from.left
  const height = Math.min(thing.height, image.height - top) - from.top
  return width > 0 && height > 0 ? { ...from, width, height } : undefined
}
