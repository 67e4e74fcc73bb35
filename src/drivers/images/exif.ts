/** EXIF data as text: TIFF 6.0 directories, with the names of the EXIF 2.3 standard. What is not well formed is left out. */

/** Names by number: of the image, of how it was taken, of where. */
const IMAGE_TAGS: Readonly<Record<number, string>> = {
  256: 'ImageWidth',
  257: 'ImageLength',
  258: 'BitsPerSample',
  259: 'Compression',
  262: 'PhotometricInterpretation',
  270: 'ImageDescription',
  271: 'Make',
  272: 'Model',
  274: 'Orientation',
  277: 'SamplesPerPixel',
  282: 'XResolution',
  283: 'YResolution',
  296: 'ResolutionUnit',
  305: 'Software',
  306: 'DateTime',
  315: 'Artist',
  531: 'YCbCrPositioning',
  33432: 'Copyright',
  34665: 'ExifTag',
  34853: 'GPSTag',
}
const PHOTO_TAGS: Readonly<Record<number, string>> = {
  33434: 'ExposureTime',
  33437: 'FNumber',
  34850: 'ExposureProgram',
  34855: 'ISOSpeedRatings',
  36864: 'ExifVersion',
  36867: 'DateTimeOriginal',
  36868: 'DateTimeDigitized',
  37377: 'ShutterSpeedValue',
  37378: 'ApertureValue',
  37379: 'BrightnessValue',
  37380: 'ExposureBiasValue',
  37381: 'MaxApertureValue',
  37383: 'MeteringMode',
  37384: 'LightSource',
  37385: 'Flash',
  37386: 'FocalLength',
  40960: 'FlashpixVersion',
  40961: 'ColorSpace',
  40962: 'PixelXDimension',
  40963: 'PixelYDimension',
  41986: 'ExposureMode',
  41987: 'WhiteBalance',
  41988: 'DigitalZoomRatio',
  41989: 'FocalLengthIn35mmFilm',
  41990: 'SceneCaptureType',
}
const PLACE_TAGS: Readonly<Record<number, string>> = {
  0: 'GPSVersionID',
  1: 'GPSLatitudeRef',
  2: 'GPSLatitude',
  3: 'GPSLongitudeRef',
  4: 'GPSLongitude',
  5: 'GPSAltitudeRef',
  6: 'GPSAltitude',
  7: 'GPSTimeStamp',
  18: 'GPSMapDatum',
  29: 'GPSDateStamp',
}

/** Bytes of one value, by the number of its type. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 }
const ENTRIES_MAX = 200
/** What is longer is no text for people. */
const TEXT_BYTES_MAX = 256

export function exifOf(block: Uint8Array): Record<string, string> {
  const tiff = Buffer.from(block.subarray(isExif(block) ? 6 : 0))
  const found: Record<string, string> = {}
  if (tiff.length < 8) return found
  const little = tiff.toString('latin1', 0, 2) === 'II'
  const reader = readerOf(tiff, little)
  const nested = readDirectory(reader, reader.u32(4), IMAGE_TAGS, found)
  readDirectory(reader, nested['ExifTag'], PHOTO_TAGS, found)
  readDirectory(reader, nested['GPSTag'], PLACE_TAGS, found)
  return found
}

const isExif = (block: Uint8Array): boolean =>
  Buffer.from(block.subarray(0, 6)).toString('latin1') === 'Exif\0\0'

type Reader = ReturnType<typeof readerOf>

/** Numbers outside of the block are undefined. */
function readerOf(tiff: Buffer, little: boolean) {
  const within = (at: number, sizeBytes: number): boolean => at >= 0 && at + sizeBytes <= tiff.length
  return {
    tiff,
    within,
    u16: (at: number) =>
      within(at, 2) ? (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)) : undefined,
    u32: (at: number) =>
      within(at, 4) ? (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)) : undefined,
    i32: (at: number) => (within(at, 4) ? (little ? tiff.readInt32LE(at) : tiff.readInt32BE(at)) : undefined),
  }
}

/** Puts what it finds into `found`; answers the numbers among it. */
function readDirectory(
  reader: Reader,
  start: number | undefined,
  names: Readonly<Record<number, string>>,
  found: Record<string, string>,
): Record<string, number> {
  const numbers: Record<string, number> = {}
  const entries = start === undefined ? undefined : reader.u16(start)
  if (start === undefined || entries === undefined) return numbers
  for (let index = 0; index < Math.min(entries, ENTRIES_MAX); index++) {
    const at = start + 2 + index * 12
    const name = names[reader.u16(at) ?? -1]
    const type = reader.u16(at + 2) ?? 0
    const count = reader.u32(at + 4) ?? 0
    const sizeBytes = (TYPE_BYTES[type] ?? 0) * count
    if (name === undefined || sizeBytes === 0 || sizeBytes > TEXT_BYTES_MAX) continue
    const valueAt = sizeBytes <= 4 ? at + 8 : (reader.u32(at + 8) ?? -1)
    if (!reader.within(valueAt, sizeBytes)) continue
    const text = textOf(reader, { type, count, valueAt })
    if (text === undefined) continue
    found[name] = text
    if (/^\d+$/.test(text)) numbers[name] = Number(text)
  }
  return numbers
}

function textOf(
  { tiff, u16, u32, i32 }: Reader,
  { type, count, valueAt }: { type: number; count: number; valueAt: number },
): string | undefined {
  const all = (one: (index: number) => string | number | undefined): string =>
    Array.from({ length: count }, (_, index) => one(index) ?? '').join(' ')
  switch (type) {
    case 1:
      return all((index) => tiff[valueAt + index])
    case 2:
      return tiff
        .toString('utf8', valueAt, valueAt + count)
        .replace(/\0.*$/s, '')
        .trim()
    case 7:
      return /^[\x20-\x7e]*$/.test(tiff.toString('latin1', valueAt, valueAt + count))
        ? tiff.toString('latin1', valueAt, valueAt + count)
        : undefined
    case 3:
      return all((index) => u16(valueAt + index * 2))
    case 4:
      return all((index) => u32(valueAt + index * 4))
    case 5:
      return all((index) => `${u32(valueAt + index * 8)}/${u32(valueAt + index * 8 + 4)}`)
    case 9:
      return all((index) => i32(valueAt + index * 4))
    case 10:
      return all((index) => `${i32(valueAt + index * 8)}/${i32(valueAt + index * 8 + 4)}`)
    default:
      return undefined
  }
}
