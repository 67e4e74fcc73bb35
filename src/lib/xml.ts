/** Writes the small XML documents of these APIs. */

/** An element's content: text, elements by name, or several elements of one name. Undefined is left out. */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlContent[]
  | { readonly [element: string]: XmlContent }

export const xmlDocument = (rootName: string, content: XmlContent): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${element(rootName, content)}`

function element(name: string, content: XmlContent): string {
  if (content === undefined) return ''
  if (Array.isArray(content)) return content.map((item) => element(name, item)).join('')
  if (typeof content !== 'object') return `<${name}>${escapeXml(String(content))}</${name}>`
  const inner = Object.entries(content as Record<string, XmlContent>).map(([child, value]) =>
    element(child, value),
  )
  return `<${name}>${inner.join('')}</${name}>`
}

/** Control characters other than tab and newline have no place in XML; as references most parsers take them. */
const escapeXml = (text: string): string =>
  text.replace(
    /[&<>"'\x00-\x08\x0b-\x1f\ufffe\uffff]/g,
    (character) => ENTITIES[character] ?? reference(character),
  )

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

const reference = (character: string): string => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`
