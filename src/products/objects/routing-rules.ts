/** RoutingRules of a web site: what one says, and how they are written back. */
import type { XmlContent } from '../../lib/xml.ts'
import type { Credential } from '../../wire/reach.ts'

export interface RoutingRule {
  /** Rules are asked in the order of their numbers. */
  number: number
  condition: RoutingCondition
  redirect: Redirect
}

/** All of it has to hold; what is absent does. */
export interface RoutingCondition {
  prefix?: string
  suffix?: string
  /** Of the refusal that the request would get. */
  status?: number
  headers: readonly HeaderCondition[]
}

export interface HeaderCondition {
  key: string
  equals?: string
  startsWith?: string
  endsWith?: string
}

/** How an object is called where the rule leads. */
export interface Renaming {
  /** In place of the name; `${key}` in it is the name. */
  keyWith?: string
  /** In place of the prefix of the condition. */
  prefixWith?: string
  /** Default: whether there is something to put in the place of the prefix. */
  replacesPrefix?: boolean
}

export type Redirect = ExternalRedirect | InternalRedirect | MirrorRedirect

interface AnyRedirect extends Renaming {
  passesQuery?: boolean
}

/** `AliCDN` is answered alike; the header by which the vendor's CDN knows it is in no reference. */
export interface ExternalRedirect extends AnyRedirect {
  type: 'External' | 'AliCDN'
  protocol?: 'http' | 'https'
  hostName?: string
  code?: number
}

export interface InternalRedirect extends AnyRedirect {
  type: 'Internal'
}

export interface MirrorRedirect extends AnyRedirect {
  type: 'Mirror'
  /** Ends with a slash. */
  url: string
  /** In place of `passesQuery`. */
  mirrorPassesQuery?: boolean
  /** Default: true. */
  follows?: boolean
  checksMd5?: boolean
  headers?: MirrorHeaders
  /** How far it may lead. */
  madeBy: Credential
}

export interface MirrorHeaders {
  passAll?: boolean
  /** Names in these are in lower case. */
  pass: readonly string[]
  remove: readonly string[]
  set: readonly { key: string; value: string }[]
}

export const routingRulesXml = (rules: readonly RoutingRule[]): XmlContent =>
  rules.length === 0
    ? undefined
    : {
        RoutingRule: rules.map(({ number, condition, redirect }) => ({
          RuleNumber: number,
          Condition: {
            KeyPrefixEquals: condition.prefix,
            KeySuffixEquals: condition.suffix,
            HttpErrorCodeReturnedEquals: condition.status,
            IncludeHeader: condition.headers.map(({ key, equals, startsWith, endsWith }) => ({
              Key: key,
              Equals: equals,
              StartsWith: startsWith,
              EndsWith: endsWith,
            })),
          },
          Redirect: redirectXml(redirect),
        })),
      }

function redirectXml(redirect: Redirect): XmlContent {
  const { type, passesQuery, keyWith, prefixWith, replacesPrefix } = redirect
  const common = {
    RedirectType: type,
    PassQueryString: textOfFlag(passesQuery),
    ReplaceKeyWith: keyWith,
    ReplaceKeyPrefixWith: prefixWith,
    EnableReplacePrefix: textOfFlag(replacesPrefix),
  }
  if (redirect.type === 'Internal') return common
  if (redirect.type !== 'Mirror')
    return {
      ...common,
      Protocol: redirect.protocol,
      HostName: redirect.hostName,
      HttpRedirectCode: redirect.code,
    }
  const { url, mirrorPassesQuery, follows, checksMd5, headers } = redirect
  return {
    ...common,
    MirrorURL: url,
    MirrorPassQueryString: textOfFlag(mirrorPassesQuery),
    MirrorFollowRedirect: textOfFlag(follows),
    MirrorCheckMd5: textOfFlag(checksMd5),
    MirrorHeaders: headers && {
      PassAll: textOfFlag(headers.passAll),
      Pass: headers.pass,
      Remove: headers.remove,
      Set: headers.set.map(({ key, value }) => ({ Key: key, Value: value })),
    },
  }
}

const textOfFlag = (flag: boolean | undefined): string | undefined =>
  flag === undefined ? undefined : String(flag)
