/** Which pages may show a bucket's objects: asked of requests that nobody signed, and of presigned URLs. */

import { childOf, childrenOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { AccessCaller } from './access.ts'
import type { StoredBucket } from './bucket.ts'
import { accessDenied, malformedXml } from './errors.ts'
import { findSetting } from './settings.ts'

export interface RefererSetting {
  allowEmpty: boolean
  /** Whether the query of a referer is left out before it is compared. */
  truncateQuery: boolean
  allowed: readonly string[]
  denied: readonly string[]
}

/** All patterns together; the vendor allows 20 KB per request. */
const PATTERNS_MAX = 200

export function readReferer(root: XmlElement): RefererSetting {
  const listOf = (name: string): string[] => {
    const list = childOf(root, name)
    return list === undefined ? [] : childrenOf(list, 'Referer').map(({ text }) => text.trim())
  }
  const allowEmpty = textOf(root, 'AllowEmptyReferer')
  if (allowEmpty !== 'true' && allowEmpty !== 'false')
    throw malformedXml('AllowEmptyReferer is true or false')
  const allowed = listOf('RefererList')
  const denied = listOf('RefererBlacklist')
  if (allowed.length + denied.length > PATTERNS_MAX) throw malformedXml(`more than ${PATTERNS_MAX} Referer`)
  return {
    allowEmpty: allowEmpty === 'true',
    truncateQuery: textOf(root, 'AllowTruncateQueryString') !== 'false',
    allowed: allowed.filter((pattern) => pattern !== ''),
    denied: denied.filter((pattern) => pattern !== ''),
  }
}

export const refererXml = ({ allowEmpty, truncateQuery, allowed, denied }: RefererSetting) => ({
  AllowEmptyReferer: String(allowEmpty),
  AllowTruncateQueryString: String(truncateQuery),
  RefererList: { Referer: allowed },
  ...(denied.length === 0 ? {} : { RefererBlacklist: { Referer: denied } }),
})

/** Without a setting everybody may; so it is with neither list. */
export function isRefererAllowed(setting: RefererSetting, referer: string | undefined): boolean {
  const { allowEmpty, truncateQuery, allowed, denied } = setting
  if (referer === undefined || referer === '')
    return allowEmpty || (allowed.length === 0 && denied.length === 0)
  const given = truncateQuery ? referer.replace(/[?#].*$/s, '') : referer
  if (denied.some((pattern) => matches(pattern, given))) return false
  return allowed.length === 0 || allowed.some((pattern) => matches(pattern, given))
}

/** `*` is any text, `?` any character. Without going back more than one star, so that no pattern takes long. */
export function matches(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let starAt = 0
  let patternAt = 0
  while (at < text.length) {
    const character = pattern[patternAt]
    if (character === '*') {
      star = patternAt++
      starAt = at
    } else if (character !== undefined && (character === '?' || character === text[at])) {
      patternAt++
      at++
    } else if (star >= 0) {
      patternAt = star + 1
      at = ++starAt
    } else return false
  }
  while (pattern[patternAt] === '*') patternAt++
  return patternAt === pattern.length
}

export async function checkReferer(
  headers: Readonly<Record<string, string | undefined>>,
  context: {
    records: RecordStore
    bucket: StoredBucket
    caller: AccessCaller
  },
): Promise<void> {
  if (context.caller.is === 'signer' && !context.caller.byUrl) return
  const setting = await findSetting<RefererSetting>(context.records, context.bucket.value.name, 'referer')
  if (setting && !isRefererAllowed(setting, headers['referer']))
    throw accessDenied('You are denied by bucket referer policy.')
}
