/**
 * What is to be seen as data, and the one function that makes the document so. Text becomes text nodes and attributes are set
 * one by one: nothing that comes from a server is ever read as markup. Elements are kept from one picture to the next, and
 * with them the focus, what was typed and how far something was scrolled.
 */

type Handler = (event: never) => void

export interface Picture {
  tag: string
  /** Among its siblings, says which element of the picture before it is. */
  key: string | undefined
  attributes: Readonly<Record<string, string | number | boolean | undefined>>
  handlers: Readonly<Record<string, Handler>>
  children: readonly Child[]
}

/** An element of the document is put where it stands and otherwise left to whoever made it: a map. */
export type Child = Picture | string | Element

type Given = Readonly<Record<string, string | number | boolean | undefined | Handler>>
type Content = Child | number | false | undefined | null | readonly Content[]

/** `given`: attributes; functions are handlers, by the name of their event; `key`. False and undefined leave one out. */
export function h(tag: string, given: Given = {}, ...content: Content[]): Picture {
  const attributes: Record<string, string | number | boolean | undefined> = {}
  const handlers: Record<string, Handler> = {}
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'function') handlers[name] = value
    else if (name !== 'key') attributes[name] = value
  }
  const key = given['key'] === undefined ? undefined : String(given['key'])
  return { tag, key, attributes, handlers, children: flat(content) }
}

function flat(content: readonly Content[]): Child[] {
  return content.flatMap((one): Child[] => {
    if (one === false || one === undefined || one === null) return []
    if (typeof one === 'number') return [String(one)]
    if (isList(one)) return flat(one)
    return [one]
  })
}

const isList = (one: Content): one is readonly Content[] => Array.isArray(one)

/** What each element was made of, the last time. */
const drawn = new WeakMap<Element, Picture>()

/** What an element listens to already; a listener lives as long as its element, and asks for the handler of the day. */
const listening = new WeakMap<Element, Set<string>>()

const SVG = 'http://www.w3.org/2000/svg'

/** Makes the children of `parent` what is pictured. */
export function draw(parent: Element, children: readonly Child[]): void {
  const byKey = new Map<string, Element>()
  const others: ChildNode[] = []
  for (const node of parent.childNodes) {
    const key = node instanceof Element ? drawn.get(node)?.key : undefined
    if (key !== undefined) byKey.set(key, node as Element)
    else others.push(node)
  }
  const kept = new Set<Node>()
  const take = (child: Child): Node => {
    if (child instanceof Element) return child
    if (typeof child === 'string') {
      const text = others.find((node) => node.nodeType === Node.TEXT_NODE && !kept.has(node))
      if (!text) return document.createTextNode(child)
      if (text.nodeValue !== child) text.nodeValue = child
      return text
    }
    const before =
      child.key === undefined
        ? others.find((node) => !kept.has(node) && isOf(node, child.tag))
        : byKey.get(child.key)
    const element = before && isOf(before, child.tag) ? (before as Element) : create(parent, child.tag)
    dress(element, child)
    return element
  }
  let next: Node | null = parent.firstChild
  for (const child of children) {
    const node = take(child)
    kept.add(node)
    if (node === next) next = node.nextSibling
    else parent.insertBefore(node, next)
  }
  for (const node of [...parent.childNodes]) if (!kept.has(node)) node.remove()
}

const isOf = (node: Node, tag: string): boolean => node instanceof Element && drawn.get(node)?.tag === tag

function create(parent: Element, tag: string): Element {
  const isSvg = tag === 'svg' || (parent.namespaceURI === SVG && parent.localName !== 'foreignObject')
  return isSvg ? document.createElementNS(SVG, tag) : document.createElement(tag)
}

/** These say what was written first; what is there now is a property. */
const PROPERTIES = new Set(['value', 'checked', 'open'])

function dress(element: Element, picture: Picture): void {
  const before = drawn.get(element)
  drawn.set(element, picture)
  draw(element, picture.children)
  for (const name of Object.keys(before?.attributes ?? {})) {
    if (!(name in picture.attributes)) element.removeAttribute(name)
  }
  for (const [name, value] of Object.entries(picture.attributes)) {
    if (PROPERTIES.has(name) && name in element) {
      const properties = element as unknown as Record<string, unknown>
      if (properties[name] !== value && value !== undefined) properties[name] = value
    } else if (value === undefined || value === false) element.removeAttribute(name)
    else {
      const text = value === true ? '' : String(value)
      if (element.getAttribute(name) !== text) element.setAttribute(name, text)
    }
  }
  const heard = listening.get(element) ?? new Set()
  listening.set(element, heard)
  for (const event of Object.keys(picture.handlers)) {
    if (heard.has(event)) continue
    heard.add(event)
    element.addEventListener(event, (happened) => drawn.get(element)?.handlers[event]?.(happened as never))
  }
}
