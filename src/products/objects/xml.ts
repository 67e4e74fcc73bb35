/** Documents that clients send, read by their root's name. */
import { readXmlBytes, type XmlElement } from '../../lib/xml-reader.ts'
import { malformedXml } from './errors.ts'

export { childOf, childrenOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'

export function document(body: Buffer, rootName: string): XmlElement {
  const root = readXmlBytes(body)
  if (root.name !== rootName) throw malformedXml(`${rootName} is expected, not ${root.name}`)
  return root
}
