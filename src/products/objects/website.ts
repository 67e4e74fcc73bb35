/** Buckets as web sites: what is shown for a folder, and for what is not there. Of requests that nobody signed. */
import { childOf, childrenOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { malformedXml, notImplemented } from './errors.ts'
import { isObjectName } from './object.ts'

export interface WebsiteSetting {
  index?: {
    suffix: string
    /** Whether a folder's own page is looked for where a name has no page. */
    supportSubDirectory: boolean
    /** What a name is that is a folder with a page: sent there, not found, or the site's first page. */
    type: 0 | 1 | 2
  }
  error?: { key: string; status: number }
}

export function readWebsite(root: XmlElement): WebsiteSetting {
  const rules = childOf(root, 'RoutingRules')
  if (rules && childrenOf(rules, 'RoutingRule').length > 0) throw notImplemented('RoutingRules')
  const index = childOf(root, 'IndexDocument')
  const error = childOf(root, 'ErrorDocument')
  if (!index && !error) throw malformedXml('there is an IndexDocument or an ErrorDocument')
  return {
    ...(index ? { index: readIndex(index) } : {}),
    ...(error ? { error: readError(error) } : {}),
  }
}

function readIndex(element: XmlElement): NonNullable<WebsiteSetting['index']> {
  const suffix = textOf(element, 'Suffix') ?? ''
  if (!isObjectName(suffix) || suffix.includes('/')) throw malformedXml(`Suffix: ${suffix}`)
  const type = Number(textOf(element, 'Type') || 0)
  if (type !== 0 && type !== 1 && type !== 2) throw malformedXml(`Type: ${type}`)
  return { suffix, supportSubDirectory: textOf(element, 'SupportSubDir') === 'true', type }
}

function readError(element: XmlElement): NonNullable<WebsiteSetting['error']> {
  const key = textOf(element, 'Key') ?? ''
  if (!isObjectName(key)) throw malformedXml(`Key: ${key}`)
  const status = Number(textOf(element, 'HttpStatus') || 404)
  if (status !== 200 && status !== 404) throw malformedXml(`HttpStatus: ${status}`)
  return { key, status }
}

export const websiteXml = ({ index, error }: WebsiteSetting) => ({
  IndexDocument: index && {
    Suffix: index.suffix,
    SupportSubDir: String(index.supportSubDirectory),
    Type: index.type,
  },
  ErrorDocument: error && { Key: error.key, HttpStatus: error.status },
})
