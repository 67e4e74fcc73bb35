/**
 * The text of `x-oss-process` taken apart: `image/ACTION,VALUE,…/ACTION,…` or `style/NAME`, and where the result is to be
 * kept, `|sys/saveas,o_KEY,b_BUCKET`. What the actions mean is for others.
 */
import { badRequest, invalidProcess, notImplemented } from '../errors.ts'

export interface Action {
  name: string
  values: readonly ActionValue[]
}

/** `w_100` → w, 100; `png` → no key, png. */
export interface ActionValue {
  key: string
  value: string
}

export type Wanted = { is: 'actions'; actions: readonly Action[] } | { is: 'style'; name: string }

export interface ProcessText {
  wanted: Wanted
  saveAs?: { object: string; bucket?: string }
}

const TEXT_LENGTH_MAX = 8 * 1024
/** Each action may be a look at all pixels. */
const ACTIONS_MAX = 32

/** The vendor's other kinds of processing. */
const OTHER_KINDS: readonly string[] = ['audio', 'doc', 'hls', 'if', 'imm', 'live', 'text', 'video', 'zip']

export function readProcessText(text: string): ProcessText {
  if (text.length > TEXT_LENGTH_MAX) throw invalidProcess('it is too long')
  const [first = '', ...rest] = text.split('|')
  const wanted = readWanted(first)
  if (rest.length === 0) return { wanted }
  if (rest.length > 1) throw invalidProcess('only sys/saveas may follow')
  return { wanted, saveAs: readSaveAs(rest[0]!) }
}

function readWanted(text: string): Wanted {
  const slash = text.indexOf('/')
  const kind = slash < 0 ? text : text.slice(0, slash)
  const rest = slash < 0 ? '' : text.slice(slash + 1)
  if (kind === 'style') {
    if (!isStyleName(rest)) throw invalidProcess('the name of the style')
    return { is: 'style', name: rest }
  }
  if (OTHER_KINDS.includes(kind)) throw notImplemented(`x-oss-process=${kind}`)
  if (kind !== 'image' || rest === '') throw invalidProcess('it is not image/… or style/…')
  const actions = rest.split('/').map(readAction)
  if (actions.length > ACTIONS_MAX) throw invalidProcess(`more than ${ACTIONS_MAX} actions`)
  return { is: 'actions', actions }
}

function readAction(text: string): Action {
  const [name = '', ...values] = text.split(',')
  if (name === '') throw invalidProcess('an action has no name')
  return { name, values: values.map(readValue) }
}

/** Only the first underscore divides: Base64 for URLs has some of its own. */
function readValue(text: string): ActionValue {
  const underscore = text.indexOf('_')
  return underscore < 0
    ? { key: '', value: text }
    : { key: text.slice(0, underscore), value: text.slice(underscore + 1) }
}

function readSaveAs(text: string): NonNullable<ProcessText['saveAs']> {
  const [kind, ...items] = text.split(',')
  if (kind !== 'sys/saveas') throw invalidProcess('only sys/saveas may follow')
  const values = new Map(items.map(readValue).map(({ key, value }) => [key, value]))
  for (const key of values.keys()) if (key !== 'o' && key !== 'b') throw invalidProcess(`sys/saveas,${key}`)
  const object = values.get('o')
  if (object === undefined) throw invalidProcess('sys/saveas names no object')
  const bucket = values.get('b')
  return { object: fromBase64(object), ...(bucket === undefined ? {} : { bucket: fromBase64(bucket) }) }
}

/** In either alphabet, with or without padding: SDKs differ. */
export function fromBase64(text: string): string {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  const bytes = Buffer.from(plain, 'base64')
  // What Node passes over silently is refused, and what is not UTF-8 names nothing.
  if (plain === '' || bytes.toString('base64').replace(/=+$/, '') !== plain) throw notBase64()
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw notBase64()
  }
}

const notBase64 = () => badRequest('Input is not base64 decoding.')

/** 1 to 63 of letters, digits, `.`, `_` and `-`. */
export const isStyleName = (name: string): boolean => /^[A-Za-z0-9._-]{1,63}$/.test(name)
