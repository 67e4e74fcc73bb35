/** The names by which clients of the vendor's services find them when they are told nothing but a region. */

export type CloudServiceName =
  | 'actiontrail'
  | 'apigateway'
  | 'fc'
  | 'log'
  | 'mns'
  | 'oss'
  | 'ots'
  | 'ram'
  | 'sts'

export interface CloudName {
  service: CloudServiceName
  /** One certificate is for it and the names with one label more: `oss-cn-hangzhou.aliyuncs.com`. */
  zone: string
}

/** All names are below it. */
export const cloudDomain = 'aliyuncs.com'

const label = '[a-z0-9_-]+'
/** Of the region, or of the region and a network: `cn-hangzhou-internal`, `cn-hangzhou-vpc`. */
const region = '[a-z0-9-]+'
const account = label
const bucket = label
const instance = label

/** What the endpoint lists of the products say, and what SDKs make of a region; the zone is in the last pair of parentheses. */
const forms: readonly (readonly [CloudServiceName, RegExp])[] = (
  [
    ['oss', `(?:${bucket}\\.)?((?:vpc100-)?oss(?:-${region})?)`],
    // Dual stack.
    ['oss', `(?:${bucket}\\.)?(${region}\\.oss(?:-internal)?)`],
    ['ots', `${instance}\\.(${region}(?:\\.vpc)?\\.(?:ots|ots-internal|tablestore))`],
    ['mns', `${account}\\.(mns\\.${region})`],
    // Where queues and topics are managed.
    ['mns', `(mns-open(?:-vpc|-intl|-internal)?\\.${region})`],
    ['actiontrail', `(actiontrail(?:-vpc)?\\.${region})`],
    // One for all regions.
    ['ram', `(ram(?:-vpc|-intl|-share)?)`],
    ['sts', `(sts(?:-vpc|-internal)?(?:\\.${region})?)`],
    ['apigateway', `(apigateway(?:-vpc|-internal)?\\.${region})`],
    ['fc', `${account}\\.(${region}\\.fc)`],
    ['fc', `((?:fc|fcv3)(?:-vpc|-internal)?\\.${region})`],
    ['log', `(?:${label}\\.)?(${region}\\.log)`],
  ] as const
).map(([service, form]) => [service, new RegExp(`^${form}$`)])

/** `host` is in lower case and without a port. Undefined: no service that functions use is found there. */
export function cloudNameOf(host: string): CloudName | undefined {
  if (!host.endsWith(`.${cloudDomain}`)) return undefined
  const name = host.slice(0, -1 - cloudDomain.length)
  for (const [service, form] of forms) {
    const zone = form.exec(name)?.[1]
    if (zone !== undefined) return { service, zone: `${zone}.${cloudDomain}` }
  }
  return undefined
}
