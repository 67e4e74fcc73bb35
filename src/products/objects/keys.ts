/**
 * The keys under which objects, their versions, uploads and parts are kept. An object's key stands in them as it is where
 * it comes last, so that listings are in the order of its bytes; where something follows, it is escaped so that this
 * order holds: no escaped key, with its end, is the beginning of another.
 */
const END = '\u0001\u0001'

const escapeKey = (key: string): string =>
  key.replace(/[\u0000\u0001]/g, (character) => (character === '\u0000' ? '\u0001\u0002' : '\u0001\u0003'))

const unescapeKey = (escaped: string): string =>
  escaped.replace(/\u0001[\u0002\u0003]/g, (pair) => (pair === '\u0001\u0002' ? '\u0000' : '\u0001'))

/** Before each object's key; the bucket's name has no slash. */
export const ALL_OBJECTS = 'objects/object/'
export const ALL_VERSIONS = 'objects/version/'
export const ALL_UPLOADS = 'objects/upload/'
export const ALL_PARTS = 'objects/part/'
export const GARBAGE = 'objects/garbage/'

export const objectsOf = (bucket: string): string => `${ALL_OBJECTS}${bucket}/`
export const objectKey = (bucket: string, key: string): string => `${objectsOf(bucket)}${key}`

export const versionsOf = (bucket: string): string => `${ALL_VERSIONS}${bucket}/`
export const versionsOfKey = (bucket: string, key: string): string =>
  `${versionsOf(bucket)}${escapeKey(key)}${END}`
/** Newest first: sequences are counted down. */
export const versionKey = (bucket: string, key: string, sequence: number): string =>
  `${versionsOfKey(bucket, key)}${(Number.MAX_SAFE_INTEGER - sequence).toString(16).padStart(14, '0')}`
export const versionsPrefix = (bucket: string, keyPrefix: string): string =>
  `${versionsOf(bucket)}${escapeKey(keyPrefix)}`

/** Says which of a key's versions is the one without an id, where that is not the newest. */
export const nullVersionKey = (bucket: string, key: string): string =>
  `objects/null-version/${bucket}/${escapeKey(key)}`

export const uploadsOf = (bucket: string): string => `${ALL_UPLOADS}${bucket}/`
export const uploadKey = (bucket: string, key: string, uploadId: string): string =>
  `${uploadsOf(bucket)}${escapeKey(key)}${END}${uploadId}`
export const uploadsPrefix = (bucket: string, keyPrefix: string): string =>
  `${uploadsOf(bucket)}${escapeKey(keyPrefix)}`

/** The object's key and what follows it, of a key made by `versionKey` or `uploadKey`. */
export function splitKey(recordKey: string, before: string): { key: string; rest: string } {
  const end = recordKey.indexOf(END, before.length)
  return { key: unescapeKey(recordKey.slice(before.length, end)), rest: recordKey.slice(end + END.length) }
}

export const partsOf = (partsId: string): string => `${ALL_PARTS}${partsId}/`
export const partKey = (partsId: string, number: number): string =>
  `${partsOf(partsId)}${String(number).padStart(10, '0')}`
export const garbageKey = (partsId: string): string => `${GARBAGE}${partsId}`

/** Greater than every valid object key that begins with `prefix`: 1,024 bytes more are longer than any. */
export const pastPrefix = (prefix: string): string => prefix + '\u{10ffff}'.repeat(256)
