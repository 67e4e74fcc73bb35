/**
 * Reads the small XML documents that clients send: elements, text, CDATA, comments and instructions. Strict, so that what a
 * client forgot to escape is refused and never half understood. Document types and entities of one's own are refused.
 */

export interface XmlElement {
  /** Without its namespace prefix. */
  name: string
  children: readonly XmlElement[]
  /** All text in it that is in none of its children, as written. */
  text: string
}

/** Not XML, or more of it than is read. */
export class MalformedXml extends Error {
  constructor(problem: string) {
    super(problem)
    this.name = 'MalformedXml'
  }
}

/** No document of these APIs is nested deeper than five elements. */
const DEPTH_MAX = 32
/** An upload may have 10,000 parts, of three elements each. */
const ELEMENTS_MAX = 50_000

const NAME = '[A-Za-z_:][-A-Za-z0-9._:]*'
const TAG = new RegExp(`<(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^<"]*"|'[^<']*'))*)\\s*(/?)>`, 'y')
const END_TAG = new RegExp(`</(${NAME})\\s*>`, 'y')

interface OpenElement {
  fullName: string
  children: XmlElement[]
  text: string[]
}

/** The root element of a body. Throws `MalformedXml`. */
export function readXmlBytes(body: Uint8Array): XmlElement {
  let document: string
  try {
    document = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new MalformedXml('the document is not UTF-8')
  }
  return readXml(document)
}

/** The root element. Throws `MalformedXml`. */
export function readXml(document: string): XmlElement {
  let at = document.startsWith('\ufeff') ? 1 : 0
  let elements = 0
  let root: XmlElement | undefined
  const open: OpenElement[] = []

  const fail = (problem: string): never => {
    throw new MalformedXml(`${problem} at character ${at}`)
  }
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(document)
    if (!match) return undefined
    at = pattern.lastIndex
    return match
  }
  const skipTo = (end: string, what: string): string => {
    const found = document.indexOf(end, at)
    if (found < 0) fail(`${what} does not end`)
    const content = document.slice(at, found)
    at = found + end.length
    return content
  }
  const close = (): void => {
    const { fullName, children, text } = open.pop()!
    const element = { name: fullName.slice(fullName.indexOf(':') + 1), children, text: text.join('') }
    const parent = open.at(-1)
    if (parent) parent.children.push(element)
    else root = element
  }

  while (at < document.length) {
    if (document[at] !== '<') {
      const found = document.indexOf('<', at)
      const end = found < 0 ? document.length : found
      const text = document.slice(at, end)
      if (open.length > 0) open.at(-1)!.text.push(unescapeXml(text, fail))
      else if (!/^[ \t\r\n]*$/.test(text)) fail('text outside the root element')
      at = end
    } else if (document.startsWith('<!--', at)) {
      at += 4
      skipTo('-->', 'a comment')
    } else if (document.startsWith('<![CDATA[', at)) {
      if (open.length === 0) fail('text outside the root element')
      at += 9
      open.at(-1)!.text.push(checkCharacters(skipTo(']]>', 'a CDATA section'), fail))
    } else if (document.startsWith('<?', at)) {
      at += 2
      skipTo('?>', 'an instruction')
    } else if (document.startsWith('</', at)) {
      const tag = take(END_TAG) ?? fail('a malformed end tag')
      if (open.at(-1)?.fullName !== tag[1]) fail(`</${tag[1]}> without its beginning`)
      close()
    } else {
      const tag = take(TAG) ?? fail('a malformed tag')
      if (root) fail('a second root element')
      if (++elements > ELEMENTS_MAX) fail('too many elements')
      if (open.length >= DEPTH_MAX) fail('too many elements within each other')
      open.push({ fullName: tag[1]!, children: [], text: [] })
      if (tag[3] === '/') close()
    }
  }
  if (open.length > 0) fail(`<${open.at(-1)!.fullName}> does not end`)
  return root ?? fail('no element')
}

type Fail = (problem: string) => never

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescapeXml(text: string, fail: Fail): string {
  checkCharacters(text, fail)
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,8}))?(;?)/g,
    (all, decimal, hex, name, end) => {
      if (end !== ';') fail('an & that is not escaped')
      if (name !== undefined) return ENTITIES[name] ?? fail(`the entity ${all} is not known`)
      const point = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? '', 16)
      if (!(point > 0 && point <= 0x10ffff) || (point >= 0xd800 && point <= 0xdfff))
        fail(`${all} is no character`)
      return String.fromCodePoint(point)
    },
  )
}

/** Control characters are not XML; ours are written as references, which are taken back. */
function checkCharacters(text: string, fail: Fail): string {
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text)) fail('a control character')
  return text
}

export const childOf = (element: XmlElement, name: string): XmlElement | undefined =>
  element.children.find((child) => child.name === name)

export const childrenOf = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.filter((child) => child.name === name)

/** The text of a child, without the blanks around it; undefined when there is no such child. */
export const textOf = (element: XmlElement, name: string): string | undefined =>
  childOf(element, name)?.text.trim()
