/** Actions as what is to be done. Bounds and defaults are those of the vendor's reference. */
import {
  GRAVITIES,
  IMAGE_FORMATS,
  type ImageStep,
  RESIZE_MODES,
  type ResizeStep,
} from '../../../ports/images.ts'
import { invalidProcess, missingArgument, notImplemented, unsupportedAction } from '../errors.ts'
import { readerOf, required } from './action-values.ts'
import type { Action } from './process-text.ts'
import { type Overlay, readWatermark } from './watermark-action.ts'

export interface Processing {
  want: 'image' | 'facts' | 'averageHue'
  steps: ImageStep[]
  autoOrient: boolean
  output: {
    format?: (typeof IMAGE_FORMATS)[number]
    quality?: { relative: boolean; percent: number }
    interlaced: boolean
  }
  /** Keys of the objects that watermarks show. */
  overlays: string[]
}

const SIDE = { min: 1, max: 16_384 }

/** The vendor's, of other products that it has on top of this one. */
const OTHER_ACTIONS: readonly string[] = [
  'blindwatermark',
  'decode-blindwatermark',
  'deblindwatermark',
  'faces',
  'labels',
  'ocr',
  'score',
  'style',
]

export function processingOf(actions: readonly Action[]): Processing {
  const processing: Processing = {
    want: 'image',
    steps: [],
    autoOrient: true,
    output: { interlaced: false },
    overlays: [],
  }
  for (const [index, action] of actions.entries()) {
    const rule = Object.hasOwn(RULES, action.name) ? RULES[action.name] : undefined
    if (!rule)
      throw OTHER_ACTIONS.includes(action.name)
        ? notImplemented(`image/${action.name}`)
        : unsupportedAction(action.name)
    rule(action, processing)
    if (processing.want === 'facts' && actions.length > 1) throw invalidProcess('info goes with nothing else')
    if (processing.want === 'averageHue' && index < actions.length - 1)
      throw invalidProcess('average-hue is the last action')
  }
  return processing
}

type Rule = (action: Action, processing: Processing) => void

const stepRule =
  (read: (action: Action) => ImageStep): Rule =>
  (action, { steps }) =>
    void steps.push(read(action))

const RULES: Readonly<Record<string, Rule>> = {
  resize: stepRule((action) => readResize(action)),
  crop: stepRule(readCrop),
  circle: stepRule((action) => ({ is: 'circle', radius: radiusOf(action) })),
  'rounded-corners': stepRule((action) => ({ is: 'roundedCorners', radius: radiusOf(action) })),
  indexcrop: stepRule(readIndexCrop),
  rotate: stepRule((action) => ({ is: 'rotate', degrees: onlyNumber(action, { min: 0, max: 360 }) })),
  blur: stepRule(readBlur),
  bright: stepRule((action) => ({ is: 'bright', value: onlyNumber(action, { min: -100, max: 100 }) })),
  contrast: stepRule((action) => ({ is: 'contrast', value: onlyNumber(action, { min: -100, max: 100 }) })),
  sharpen: stepRule((action) => ({ is: 'sharpen', value: onlyNumber(action, { min: 50, max: 399 }) })),
  watermark(action, { steps, overlays }) {
    const { step, overlay } = readWatermark(action, readOverlay)
    if (overlay === undefined) return void steps.push(step)
    steps.push({ ...step, image: { overlay: overlays.length, steps: overlay.steps } })
    overlays.push(overlay.object)
    if (overlays.length > OVERLAYS_MAX) throw invalidProcess(`more than ${OVERLAYS_MAX} images as watermarks`)
  },
  'auto-orient'(action, processing) {
    processing.autoOrient = onlyNumber(action, { min: 0, max: 1 }) === 1
  },
  format: readFormat,
  quality: readQuality,
  interlace(action, { output }) {
    output.interlaced = onlyNumber(action, { min: 0, max: 1 }) === 1
  },
  info(action, processing) {
    readerOf(action, [])
    processing.want = 'facts'
  },
  'average-hue'(action, processing) {
    readerOf(action, [])
    processing.want = 'averageHue'
  },
}

/** The vendor's number. */
const OVERLAYS_MAX = 3

const onlyNumber = (action: Action, bounds: { min: number; max: number }): number =>
  required(readerOf(action, ['']).number('', bounds), action.name, 'value')

const radiusOf = (action: Action): number =>
  required(readerOf(action, ['r']).number('r', { min: 1, max: 4096 }), action.name, 'r')

const RESIZE_KEYS = ['m', 'w', 'h', 'l', 's', 'p', 'limit', 'color']

function readResize(action: Action, { ofWatermark = false } = {}): ResizeStep {
  const reader = readerOf(action, ofWatermark ? [...RESIZE_KEYS, 'P'] : RESIZE_KEYS)
  const lengths = {
    width: reader.number('w', SIDE),
    height: reader.number('h', SIDE),
    longer: reader.number('l', SIDE),
    shorter: reader.number('s', SIDE),
    percent: reader.number('p', { min: 1, max: 1000 }),
    percentOfMain: reader.number('P', { min: 1, max: 100 }),
  }
  const given = Object.fromEntries(Object.entries(lengths).filter(([, value]) => value !== undefined))
  if (Object.keys(given).length === 0) throw missingArgument(action.name, 'w, h, l, s, p')
  return {
    is: 'resize',
    mode: reader.oneOf('m', RESIZE_MODES) ?? 'lfit',
    limit: reader.flag('limit') ?? true,
    color: reader.color('color') ?? '#ffffff',
    ...given,
  }
}

function readCrop(action: Action): ImageStep {
  const reader = readerOf(action, ['w', 'h', 'x', 'y', 'g'])
  const length = (key: string) => reader.number(key, { min: 0, max: 30_000 })
  // 0 is all there is, as is nothing.
  const [width, height] = [length('w') || undefined, length('h') || undefined]
  return {
    is: 'crop',
    x: length('x') ?? 0,
    y: length('y') ?? 0,
    gravity: reader.oneOf('g', GRAVITIES) ?? 'nw',
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  }
}

function readIndexCrop(action: Action): ImageStep {
  const reader = readerOf(action, ['x', 'y', 'i'])
  const bounds = { min: 1, max: 30_000 }
  const [x, y] = [reader.number('x', bounds), reader.number('y', bounds)]
  const length = required(x ?? y, action.name, 'x, y')
  // Of both, the vendor takes x.
  const axis = x === undefined ? 'y' : 'x'
  return { is: 'indexCrop', axis, length, index: reader.number('i', { min: 0, max: 30_000 }) ?? 0 }
}

function readBlur(action: Action): ImageStep {
  const reader = readerOf(action, ['r', 's'])
  const bounds = { min: 1, max: 50 }
  const radius = required(reader.number('r', bounds), action.name, 'r')
  return { is: 'blur', radius, sigma: required(reader.number('s', bounds), action.name, 's') }
}

function readFormat(action: Action, { output }: Processing): void {
  const reader = readerOf(action, [''])
  const text = required(reader.text(''), action.name, 'value')
  if (text === 'heic' || text === 'heif') throw notImplemented(`image/format,${text}`)
  output.format = text === 'jpeg' ? 'jpg' : reader.oneOf('', IMAGE_FORMATS)!
}

function readQuality(action: Action, { output }: Processing): void {
  const reader = readerOf(action, ['q', 'Q'])
  const bounds = { min: 1, max: 100 }
  const absolute = reader.number('Q', bounds)
  const percent = required(absolute ?? reader.number('q', bounds), action.name, 'q, Q')
  output.quality = { relative: absolute === undefined, percent }
}

/** The vendor lets an image that is a watermark be resized, cropped, rotated and cut before. */
const OVERLAY_ACTIONS: readonly string[] = [
  'crop',
  'rotate',
  'indexcrop',
  'rounded-corners',
  'circle',
  'bright',
  'contrast',
]

function readOverlay({ object, actions }: Overlay): { object: string; steps: ImageStep[] } {
  const nested: Processing = {
    want: 'image',
    steps: [],
    autoOrient: true,
    output: { interlaced: false },
    overlays: [],
  }
  for (const action of actions) {
    if (action.name === 'resize') nested.steps.push(readResize(action, { ofWatermark: true }))
    else if (OVERLAY_ACTIONS.includes(action.name)) RULES[action.name]!(action, nested)
    else throw unsupportedAction(action.name)
  }
  return { object, steps: nested.steps }
}
