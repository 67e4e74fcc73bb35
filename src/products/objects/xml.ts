/** Documents that clients send, read by their root's name. */
import { readXml, type XmlElement } from '../../wire/xml-reader.ts'
import { malformedXml } from './errors.ts'

export { childOf, childrenOf, textOf, type XmlElement } from '../../wire/xml-reader.ts'

export function document(body: Buffer, rootName: string): XmlElement {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw malformedXml('the document is not UTF-8')
  }
  const root = readXml(text)
  if (root.name !== rootName) throw malformedXml(`${rootName} is expected, not ${root.name}`)
  return root
}
