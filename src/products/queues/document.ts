/** XML bodies as operations read them: elements by name, each known, each at most as often as it may be. */

import { readXmlBytes, type XmlElement } from '../../lib/xml-reader.ts'
import type { BodyReader } from '../../wire/body.ts'
import { invalidElement, malformedXml, outOfRange } from './errors.ts'

/** Sixteen messages of 64 KiB, with an escape for one character in two of them and more. */
const BODY_BYTES_MAX = 4 * 1024 * 1024

/** An XML document; undefined where there is no body. */
export const xmlBody: BodyReader<XmlElement | undefined> = {
  collectBytesMax: BODY_BYTES_MAX,
  decode: (collected) => (collected.length === 0 ? undefined : readXmlBytes(collected)),
}

/** The document's root where it has this name. */
export function rootNamed(document: XmlElement | undefined, name: string): XmlElement {
  if (!document) throw malformedXml()
  if (document.name !== name) throw invalidElement(document.name)
  return document
}

/** The elements in it by name. One that is not among `known`, or there twice, is refused. */
export function fieldsOf(element: XmlElement, known: readonly string[]): Map<string, XmlElement> {
  const fields = new Map<string, XmlElement>()
  for (const child of element.children) {
    if (!known.includes(child.name) || fields.has(child.name)) throw invalidElement(child.name)
    fields.set(child.name, child)
  }
  return fields
}

/** A whole number within its range, both ends included. */
export function integerOf(
  text: string,
  name: string,
  range: { min: number; max: number; unit: 'seconds' | 'bytes' | '' },
): number {
  const value = /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= range.min && value <= range.max)) throw outOfRange(name, range)
  return value
}

export function booleanOf(text: string, name: string): boolean {
  const value = text.trim().toLowerCase()
  if (value !== 'true' && value !== 'false') throw invalidElement(name)
  return value === 'true'
}
