/** The RoutingRules of PutBucketWebsite, and what is wrong with them. */
import { childOf, childrenOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { credentialOf, isWithin, type ReachOf } from '../../wire/reach.ts'
import type { AccessCaller } from './access.ts'
import { invalidArgument, malformedXml, mirrorNotPublic, notImplemented } from './errors.ts'
import type {
  ExternalRedirect,
  HeaderCondition,
  MirrorHeaders,
  MirrorRedirect,
  Redirect,
  Renaming,
  RoutingCondition,
  RoutingRule,
} from './routing-rules.ts'

/** Who puts a rule. */
export interface RuleMaker {
  caller: AccessCaller
  reachOf: ReachOf
}

/** The vendor's limits. */
const RULES_MAX = 20
const HEADERS_MAX = 10
const HEADER_LENGTH_MAX = 1024
const CODES = [301, 302, 307]
const TYPES: readonly string[] = ['Mirror', 'External', 'Internal', 'AliCDN']

/** What would frame a request otherwise than we do. */
const FRAMING =
  /^(?:connection|content-length|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i

export function readRoutingRules(container: XmlElement | undefined, maker: RuleMaker): RoutingRule[] {
  if (!container) return []
  refuseOthers(container, ['RoutingRule'])
  const elements = childrenOf(container, 'RoutingRule')
  if (elements.length > RULES_MAX)
    throw invalidArgument('RoutingRules', `${elements.length}, more than ${RULES_MAX}`)
  const rules = elements.map((element) => readRule(element, maker))
  const numbers = rules.map(({ number }) => number)
  const twice = numbers.find((number, at) => numbers.indexOf(number) !== at)
  if (twice !== undefined) throw invalidArgument('RuleNumber', String(twice))
  return rules.toSorted((a, b) => a.number - b.number)
}

function readRule(element: XmlElement, maker: RuleMaker): RoutingRule {
  refuseOthers(element, ['RuleNumber', 'Condition', 'Redirect'])
  const number = textOf(element, 'RuleNumber')
  const condition = childOf(element, 'Condition')
  const redirect = childOf(element, 'Redirect')
  if (number === undefined || !condition || !redirect)
    throw malformedXml('a RoutingRule has a RuleNumber, a Condition and a Redirect')
  if (!/^[1-9]\d{0,8}$/.test(number)) throw invalidArgument('RuleNumber', number)
  const rule = {
    number: Number(number),
    condition: readCondition(condition),
    redirect: readRedirect(redirect, maker),
  }
  if (rule.redirect.type === 'Mirror' && rule.condition.status !== 404)
    throw invalidArgument('HttpErrorCodeReturnedEquals', String(rule.condition.status ?? ''))
  return rule
}

function readCondition(element: XmlElement): RoutingCondition {
  refuseOthers(element, [
    'KeyPrefixEquals',
    'KeySuffixEquals',
    'HttpErrorCodeReturnedEquals',
    'IncludeHeader',
  ])
  const prefix = textOf(element, 'KeyPrefixEquals')
  const suffix = textOf(element, 'KeySuffixEquals')
  const status = textOf(element, 'HttpErrorCodeReturnedEquals')
  if (status && !/^[45]\d\d$/.test(status)) throw invalidArgument('HttpErrorCodeReturnedEquals', status)
  const included = childrenOf(element, 'IncludeHeader')
  if (included.length > HEADERS_MAX) throw invalidArgument('IncludeHeader', `more than ${HEADERS_MAX}`)
  return {
    ...(prefix ? { prefix } : {}),
    ...(suffix ? { suffix } : {}),
    ...(status ? { status: Number(status) } : {}),
    headers: included.map(readHeaderCondition),
  }
}

function readHeaderCondition(element: XmlElement): HeaderCondition {
  refuseOthers(element, ['Key', 'Equals', 'StartsWith', 'EndsWith'])
  const [equals, startsWith, endsWith] = ['Equals', 'StartsWith', 'EndsWith'].map((name) =>
    textOf(element, name),
  )
  return {
    key: headerName('Key', textOf(element, 'Key') ?? ''),
    ...(equals === undefined ? {} : { equals }),
    ...(startsWith === undefined ? {} : { startsWith }),
    ...(endsWith === undefined ? {} : { endsWith }),
  }
}

const OF_ALL = [
  'RedirectType',
  'PassQueryString',
  'ReplaceKeyWith',
  'ReplaceKeyPrefixWith',
  'EnableReplacePrefix',
]
const OF_EXTERNAL = ['Protocol', 'HostName', 'HttpRedirectCode']
const OF_MIRROR = [
  'MirrorURL',
  'MirrorPassQueryString',
  'MirrorFollowRedirect',
  'MirrorCheckMd5',
  'MirrorHeaders',
]

function readRedirect(element: XmlElement, maker: RuleMaker): Redirect {
  const type = textOf(element, 'RedirectType')
  if (type === undefined) throw malformedXml('a Redirect has a RedirectType')
  if (!TYPES.includes(type)) throw invalidArgument('RedirectType', type)
  // What is of another type "does not take effect", and clients send it.
  refuseOthers(element, [...OF_ALL, ...OF_EXTERNAL, ...OF_MIRROR])
  const passesQuery = flagOf(element, 'PassQueryString')
  const common = { ...readRenaming(element), ...(passesQuery === undefined ? {} : { passesQuery }) }
  if (type === 'Mirror') return { type, ...common, ...readMirror(element, maker) }
  if (type === 'Internal') {
    if (!renames(common)) throw invalidArgument('ReplaceKeyWith', '')
    return { type, ...common }
  }
  const external = { type: type as 'External' | 'AliCDN', ...common, ...readExternal(element) }
  // It would lead to where it comes from.
  if (external.hostName === undefined && external.protocol === undefined && !renames(common))
    throw invalidArgument('HostName', '')
  return external
}

const renames = ({ keyWith, prefixWith, replacesPrefix }: Renaming): boolean =>
  keyWith !== undefined || (replacesPrefix ?? prefixWith !== undefined)

function readRenaming(element: XmlElement): Renaming {
  const keyWith = textOf(element, 'ReplaceKeyWith')
  const prefixWith = textOf(element, 'ReplaceKeyPrefixWith')
  const replacesPrefix = flagOf(element, 'EnableReplacePrefix')
  if (keyWith && prefixWith) throw invalidArgument('ReplaceKeyPrefixWith', prefixWith)
  if (keyWith && replacesPrefix) throw invalidArgument('EnableReplacePrefix', 'true')
  return {
    ...(keyWith ? { keyWith } : {}),
    ...(prefixWith ? { prefixWith } : {}),
    ...(replacesPrefix === undefined ? {} : { replacesPrefix }),
  }
}

function readExternal(element: XmlElement): Pick<ExternalRedirect, 'protocol' | 'hostName' | 'code'> {
  const protocol = textOf(element, 'Protocol')
  const hostName = textOf(element, 'HostName')
  const code = textOf(element, 'HttpRedirectCode')
  if (protocol && protocol !== 'http' && protocol !== 'https') throw invalidArgument('Protocol', protocol)
  if (hostName && !/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/i.test(hostName))
    throw invalidArgument('HostName', hostName)
  if (code && !CODES.includes(Number(code))) throw invalidArgument('HttpRedirectCode', code)
  return {
    ...(protocol ? { protocol: protocol as 'http' | 'https' } : {}),
    ...(hostName ? { hostName } : {}),
    ...(code ? { code: Number(code) } : {}),
  }
}

function readMirror(
  element: XmlElement,
  { caller, reachOf }: RuleMaker,
): Omit<MirrorRedirect, keyof Renaming | 'passesQuery' | 'type'> {
  const text = textOf(element, 'MirrorURL') ?? ''
  const url = /^https?:\/\/.*\/$/.test(text) && URL.canParse(text) ? new URL(text) : undefined
  // A name and password would be read by whoever may read the setting.
  if (url?.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw invalidArgument('MirrorURL', text)
  const madeBy = credentialOf(caller.is === 'signer' ? caller.principal : undefined)
  if (!isWithin(reachOf(madeBy), url)) throw mirrorNotPublic(text)
  const mirrorPassesQuery = flagOf(element, 'MirrorPassQueryString')
  const follows = flagOf(element, 'MirrorFollowRedirect')
  const checksMd5 = flagOf(element, 'MirrorCheckMd5')
  const headers = childOf(element, 'MirrorHeaders')
  return {
    url: text,
    madeBy,
    ...(mirrorPassesQuery === undefined ? {} : { mirrorPassesQuery }),
    ...(follows === undefined ? {} : { follows }),
    ...(checksMd5 === undefined ? {} : { checksMd5 }),
    ...(headers ? { headers: readMirrorHeaders(headers) } : {}),
  }
}

function readMirrorHeaders(element: XmlElement): MirrorHeaders {
  refuseOthers(element, ['PassAll', 'Pass', 'Remove', 'Set'])
  const namesIn = (name: 'Pass' | 'Remove'): string[] =>
    bounded(name, childrenOf(element, name)).map(({ text }) => headerName(name, text.trim()))
  const passAll = flagOf(element, 'PassAll')
  return {
    ...(passAll === undefined ? {} : { passAll }),
    pass: namesIn('Pass'),
    remove: namesIn('Remove'),
    set: bounded('Set', childrenOf(element, 'Set')).map((item) => {
      const key = headerName('Key', textOf(item, 'Key') ?? '')
      const value = textOf(item, 'Value') ?? ''
      if (FRAMING.test(key)) throw invalidArgument('Key', key)
      if (!/^[\x20-\x7e]*$/.test(value) || value.length > HEADER_LENGTH_MAX)
        throw invalidArgument('Value', value)
      return { key, value }
    }),
  }
}

function bounded<T>(name: string, items: readonly T[]): readonly T[] {
  if (items.length > HEADERS_MAX) throw invalidArgument(name, `more than ${HEADERS_MAX}`)
  return items
}

function headerName(argument: string, text: string): string {
  if (!/^[a-z0-9-]+$/i.test(text) || text.length > HEADER_LENGTH_MAX) throw invalidArgument(argument, text)
  return text.toLowerCase()
}

function flagOf(element: XmlElement, name: string): boolean | undefined {
  const text = textOf(element, name)
  if (text === undefined || text === '') return undefined
  if (text !== 'true' && text !== 'false') throw invalidArgument(name, text)
  return text === 'true'
}

/** What asks for something that is not built is refused; what says that it is not wanted is not. */
function refuseOthers(element: XmlElement, understood: readonly string[]): void {
  for (const { name, text, children } of element.children) {
    if (understood.includes(name)) continue
    const isOff = children.length === 0 && ['', 'false'].includes(text.trim())
    if (!isOff) throw notImplemented(name)
  }
}
