/**
 * Buckets as web sites: what is shown for a folder, and for what is not there, of requests that nobody signed; and rules
 * that lead requests elsewhere, whoever signed them.
 */
import { childOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { invalidArgument, malformedXml } from './errors.ts'
import { isObjectName } from './object.ts'
import { type RoutingRule, routingRulesXml } from './routing-rules.ts'
import { type RuleMaker, readRoutingRules } from './routing-rules-reading.ts'

export interface WebsiteSetting {
  index?: {
    suffix: string
    /** Whether a folder's own page is looked for where a name has no page. */
    supportSubDirectory: boolean
    /** What a name is that is a folder with a page: sent there, not found, or the site's first page. */
    type: 0 | 1 | 2
  }
  error?: { key: string; status: number }
  /** In the order of their numbers. */
  rules?: readonly RoutingRule[]
}

export function readWebsite(root: XmlElement, maker: RuleMaker): WebsiteSetting {
  const rules = readRoutingRules(childOf(root, 'RoutingRules'), maker)
  const index = childOf(root, 'IndexDocument')
  const error = childOf(root, 'ErrorDocument')
  if (!index && !error && rules.length === 0)
    throw malformedXml('there is an IndexDocument, an ErrorDocument, or a RoutingRule')
  return {
    ...(index ? { index: readIndex(index) } : {}),
    ...(error ? { error: readError(error) } : {}),
    ...(rules.length === 0 ? {} : { rules }),
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
  if (status !== 200 && status !== 404)
    throw invalidArgument('HttpStatus', String(textOf(element, 'HttpStatus')))
  return { key, status }
}

export const websiteXml = ({ index, error, rules = [] }: WebsiteSetting) => ({
  IndexDocument: index && {
    Suffix: index.suffix,
    SupportSubDir: String(index.supportSubDirectory),
    Type: index.type,
  },
  ErrorDocument: error && { Key: error.key, HttpStatus: error.status },
  RoutingRules: routingRulesXml(rules),
})
