/** XML documents that clients send, as a tree. Small ones: bodies are collected with a limit before they come here. */
import { SaxesParser } from 'saxes'

export interface XmlElement {
  name: string
  /** All text directly inside. */
  text: string
  children: readonly XmlElement[]
}

/** The document is not well formed, or not one that anybody needs. */
export class MalformedXml extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedXml'
  }
}

/** No document of an API is deeper; one that is was made to hurt. */
const DEPTH_MAX = 32

/** The root element. A document type declaration is refused: entities of its own are what attacks are made of. */
export function parseXml(document: string): XmlElement {
  interface Open {
    name: string
    text: string
    children: Open[]
  }
  const open: Open[] = [{ name: '', text: '', children: [] }]
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw new MalformedXml(error.message)
  })
  parser.on('doctype', () => {
    throw new MalformedXml('a document type declaration is not taken')
  })
  parser.on('opentag', ({ name }) => {
    if (open.length > DEPTH_MAX) throw new MalformedXml(`elements are nested deeper than ${DEPTH_MAX}`)
    const element: Open = { name, text: '', children: [] }
    open.at(-1)!.children.push(element)
    open.push(element)
  })
  const onText = (text: string): void => {
    open.at(-1)!.text += text
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.on('closetag', () => void open.pop())
  // A carriage return that was written as a reference is part of a name; the parser leaves those as they are.
  parser.write(document).close()
  const root = open[0]!.children[0]
  if (root === undefined) throw new MalformedXml('the document is empty')
  return root
}

export const childOf = (element: XmlElement, name: string): XmlElement | undefined =>
  element.children.find((child) => child.name === name)

export const childrenOf = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.filter((child) => child.name === name)

/** The text of a child, without the blanks around it; undefined when there is no such child. */
export const textOf = (element: XmlElement, name: string): string | undefined =>
  childOf(element, name)?.text.trim()
