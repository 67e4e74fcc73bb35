import { type XmlContent, xmlDocument } from '../lib/xml.ts'
import type { Reply } from './operation.ts'

export const xmlReply = (
  status: number,
  rootName: string,
  content: XmlContent,
  headers: Record<string, string> = {},
): Reply => ({
  status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: xmlDocument(rootName, content),
})
