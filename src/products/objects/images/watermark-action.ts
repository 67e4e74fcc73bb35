/** The action with the most values: text, an image, or both, and where they stand. */
import { GRAVITIES, type ImageStep, type WatermarkStep, type WatermarkText } from '../../../ports/images.ts'
import { invalidValue, missingArgument, watermarkError } from '../errors.ts'
import { type ActionReader, readerOf } from './action-values.ts'
import { type Action, fromBase64, readProcessText } from './process-text.ts'

/** An object of the bucket, and what is done with it first. */
export interface Overlay {
  object: string
  actions: readonly Action[]
}

const KEYS = [
  'text',
  'type',
  'color',
  'size',
  'shadow',
  'rotate',
  'fill',
  'padx',
  'pady',
  'image',
  't',
  'g',
  'x',
  'y',
  'voffset',
  'order',
  'align',
  'interval',
]

/** The vendor's fonts, and others that may stand in for them on a machine that has not got them. */
const FONTS: Readonly<Record<string, readonly string[]>> = {
  'wqy-zenhei': ['WenQuanYi Zen Hei', 'Noto Sans CJK SC', 'sans'],
  'wqy-microhei': ['WenQuanYi Micro Hei', 'Noto Sans CJK SC', 'sans'],
  fangzhengshusong: ['FZShuSong-Z01', 'Noto Serif CJK SC', 'serif'],
  fangzhengkaiti: ['FZKai-Z03', 'AR PL UKai CN', 'serif'],
  fangzhengheiti: ['FZHei-B01', 'Noto Sans CJK SC', 'sans'],
  fangzhengfangsong: ['FZFangSong-Z02', 'Noto Serif CJK SC', 'serif'],
  droidsansfallback: ['Droid Sans Fallback', 'Noto Sans CJK SC', 'sans'],
}

/** The vendor's bound, of bytes. */
const TEXT_BYTES_MAX = 64

export function readWatermark(
  action: Action,
  readOverlay: (overlay: Overlay) => { object: string; steps: ImageStep[] },
): { step: WatermarkStep; overlay: { object: string; steps: ImageStep[] } | undefined } {
  const reader = readerOf(action, KEYS)
  const image = reader.text('image')
  const text = readText(reader)
  if (image === undefined && text === undefined) throw missingArgument(action.name, 'text, image')
  const margin = { min: 0, max: 4096 }
  const step: WatermarkStep = {
    is: 'watermark',
    opacity: reader.number('t', { min: 0, max: 100 }) ?? 100,
    gravity: reader.oneOf('g', GRAVITIES) ?? 'se',
    x: reader.number('x', margin) ?? 10,
    y: reader.number('y', margin) ?? 10,
    verticalOffset: reader.number('voffset', { min: -1000, max: 1000 }) ?? 0,
    fill: reader.flag('fill') ?? false,
    gapX: reader.number('padx', margin) ?? 0,
    gapY: reader.number('pady', margin) ?? 0,
    imageFirst: !(reader.flag('order') ?? false),
    align: (['top', 'center', 'bottom'] as const)[reader.number('align', { min: 0, max: 2 }) ?? 2]!,
    interval: reader.number('interval', { min: 0, max: 1000 }) ?? 0,
    ...(text === undefined ? {} : { text }),
  }
  return { step, overlay: image === undefined ? undefined : readOverlay(overlayOf(image)) }
}

function readText(reader: ActionReader): WatermarkText | undefined {
  const encoded = reader.text('text')
  const type = reader.text('type')
  const font = type === undefined ? 'wqy-zenhei' : fromBase64(type)
  const fonts = Object.hasOwn(FONTS, font) ? FONTS[font]! : undefined
  if (!fonts) throw invalidValue(font, 'type')
  const style = {
    fonts,
    color: reader.color('color') ?? '#000000',
    size: reader.number('size', { min: 1, max: 1000 }) ?? 40,
    shadow: reader.number('shadow', { min: 0, max: 100 }) ?? 0,
    degrees: reader.number('rotate', { min: 0, max: 360 }) ?? 0,
  }
  if (encoded === undefined) return undefined
  const text = fromBase64(encoded)
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw watermarkError('The text of the watermark is too long.')
  if (text.trim() === '') throw watermarkError('The text of the watermark is empty.')
  // Markup, in which it is drawn, has no place for other control characters.
  return { text: text.replace(/[\x00-\x1f\x7f]/g, ' '), ...style }
}

/** `panda.png`, or `panda.png?x-oss-process=image/resize,P_30`. */
function overlayOf(encoded: string): Overlay {
  const text = fromBase64(encoded)
  const mark = text.indexOf('?x-oss-process=')
  if (mark < 0) return { object: text, actions: [] }
  const { wanted, saveAs } = readProcessText(text.slice(mark + '?x-oss-process='.length))
  if (wanted.is !== 'actions' || saveAs) throw watermarkError('The watermark is not processed so.')
  return { object: text.slice(0, mark), actions: wanted.actions }
}
