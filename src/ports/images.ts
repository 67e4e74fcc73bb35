/**
 * ImageProcessor: makes an image of another, or tells what it is. What comes in is hostile: whoever implements this bounds
 * time, memory and how many are under way at once, and outlives an image that kills its decoder.
 */
export interface ImageProcessor {
  /**
   * Waits for its turn and only then asks for the job, so that what waits holds no bytes. Throws `ImagesBusy`,
   * `ImagesUnavailable`, `ImageGivenUp`, the reason of `signal`, and what `prepare` throws.
   */
  run(prepare: () => Promise<ImageJob>, signal: AbortSignal): Promise<ImageOutcome>
  close(): Promise<void>
}

export interface ImageJob {
  source: Uint8Array
  /** Images that watermarks show, by the index that steps name them by. */
  overlays: readonly Uint8Array[]
  plan: ImagePlan
}

export interface ImagePlan {
  want: 'image' | 'facts' | 'averageHue'
  /** In order; of facts there are none. */
  steps: readonly ImageStep[]
  /** Whether the image is turned as its EXIF data says, before the first step. */
  autoOrient: boolean
  output: ImageOutput
}

export interface ImageOutput {
  /** Default: that of the source. */
  format?: ImageFormat
  /** 1 to 100. Relative: of the quality that the source, where it is a JPEG, has. */
  quality?: { relative: boolean; percent: number }
  /** A JPEG that shows as a whole from the beginning. */
  interlaced: boolean
}

export const IMAGE_FORMATS = ['jpg', 'png', 'webp', 'gif', 'tiff', 'bmp', 'avif'] as const
export type ImageFormat = (typeof IMAGE_FORMATS)[number]

export const GRAVITIES = ['nw', 'north', 'ne', 'west', 'center', 'east', 'sw', 'south', 'se'] as const
/** One of nine places: three columns by three rows. */
export type Gravity = (typeof GRAVITIES)[number]

export const RESIZE_MODES = ['lfit', 'mfit', 'fill', 'pad', 'fixed'] as const
export type ResizeMode = (typeof RESIZE_MODES)[number]

/** Lengths are in pixels. */
export type ImageStep = ResizeStep | CropStep | PlainStep | WatermarkStep

export interface ResizeStep {
  is: 'resize'
  mode: ResizeMode
  width?: number
  height?: number
  /** Where neither width nor height is given: of the longer and the shorter side. */
  longer?: number
  shorter?: number
  /** 1 to 1000, of what the image has. */
  percent?: number
  /** Of an image that is a watermark: 1 to 100, of the image that it is put on. */
  percentOfMain?: number
  /** An image that would get larger stays as it is. */
  limit: boolean
  /** `#rrggbb`, for what `pad` adds. */
  color: string
}

export interface CropStep {
  is: 'crop'
  /** Default: all. */
  width?: number
  height?: number
  /** From where `gravity` puts the region. */
  x: number
  y: number
  gravity: Gravity
}

export type PlainStep =
  | { is: 'circle'; radius: number }
  | { is: 'roundedCorners'; radius: number }
  /** One of the slices of this length, counted from 0. */
  | { is: 'indexCrop'; axis: 'x' | 'y'; length: number; index: number }
  /** Clockwise. */
  | { is: 'rotate'; degrees: number }
  | { is: 'blur'; radius: number; sigma: number }
  /** -100 to 100. */
  | { is: 'bright'; value: number }
  | { is: 'contrast'; value: number }
  /** 50 to 399; 100 is what sharpening usually does. */
  | { is: 'sharpen'; value: number }

/** Of text, an image, or both side by side. */
export interface WatermarkStep {
  is: 'watermark'
  text?: WatermarkText
  image?: { overlay: number; steps: readonly ImageStep[] }
  /** 0 to 100. */
  opacity: number
  gravity: Gravity
  /** From the edges that `gravity` names. */
  x: number
  y: number
  /** Downwards, in the middle row. */
  verticalOffset: number
  /** All over the image, with so much between. */
  fill: boolean
  gapX: number
  gapY: number
  /** Of text and image together. */
  imageFirst: boolean
  align: 'top' | 'center' | 'bottom'
  interval: number
}

export interface WatermarkText {
  text: string
  /** Names of fonts, the best first. */
  fonts: readonly string[]
  /** `#rrggbb` */
  color: string
  size: number
  /** 0 to 100; how dark its shadow is. */
  shadow: number
  /** Clockwise. */
  degrees: number
}

export interface ImageFacts {
  format: ImageFormat
  width: number
  height: number
  frames: number
  /** Dots per inch; undefined where the image does not say. */
  density?: number
  /** By the names of the EXIF standard, as text. */
  exif: Readonly<Record<string, string>>
}

export type ImageOutcome =
  | { is: 'image'; bytes: Uint8Array; format: ImageFormat }
  | { is: 'facts'; facts: ImageFacts }
  /** `rrggbb` */
  | { is: 'hue'; rgb: string }
  | { is: 'refused'; because: ImageRefusal; of: 'source' | 'watermark' }

export type ImageRefusal =
  | 'unsupportedFormat'
  | 'broken'
  | 'sourceTooLarge'
  | 'resultTooLarge'
  | 'tooLargeToRotate'
  | 'cropOutside'
  | 'undrawable'

/** More wait already than can be done in good time. */
export class ImagesBusy extends Error {
  constructor() {
    super('too many images are being processed')
    this.name = 'ImagesBusy'
  }
}

/** On this machine no image can be processed. */
export class ImagesUnavailable extends Error {
  constructor(reason: string) {
    super(`images cannot be processed on this machine: ${reason}`)
    this.name = 'ImagesUnavailable'
  }
}

/** The image took too long, or the process that it was given to has died of it. */
export class ImageGivenUp extends Error {
  constructor(reason: string) {
    super(`the image was given up: ${reason}`)
    this.name = 'ImageGivenUp'
  }
}
