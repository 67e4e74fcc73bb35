import { type XmlContent, xmlDocument } from '../../lib/xml.ts'

const NAMESPACE = 'http://mns.aliyuncs.com/doc/v1/'

/** A document in the namespace of queues and topics. */
export const mnsDocument = (rootName: string, content: XmlContent): string =>
  xmlDocument(rootName, content).replace(`<${rootName}>`, `<${rootName} xmlns="${NAMESPACE}">`)
