/** Requests for objects where the bucket has RoutingRules: which rule holds, and where it leads. */
import { decodePercent } from '../../lib/signing/percent.ts'
import { ApiError } from '../../wire/api-error.ts'
import { textOfHeader } from '../../wire/signatures/oss-resource.ts'
import { authorize } from './access.ts'
import { mirrored } from './mirror.ts'
import { isObjectName } from './object.ts'
import type { BucketContext, Reply } from './product.ts'
import { encodedPath, passedQuery, type RoutedRequest } from './routed-request.ts'
import type { ExternalRedirect, Renaming, RoutingCondition, RoutingRule } from './routing-rules.ts'
import { findSetting } from './settings.ts'
import type { WebsiteSetting } from './website.ts'

/** What `answer` answers, unless the first rule that holds has something else in mind. */
export async function routed(
  context: BucketContext,
  request: RoutedRequest,
  answer: () => Promise<Reply>,
): Promise<Reply> {
  const { bucket, records, worded, log } = context
  // A version is asked for by those that know what is there.
  if (!bucket.value.isRouted || request.query.has('versionId')) return answer()
  const site = await findSetting<WebsiteSetting>(records, bucket.value.name, 'website')
  const rules = (site?.rules ?? []).filter(({ condition }) => mayHold(condition, request))
  const [first] = rules
  if (!first) return answer()
  if (first.condition.status === undefined) return follow(context, first, request, answer)
  const holding = (status: number | undefined): RoutingRule | undefined =>
    rules.find(({ condition }) => condition.status === undefined || condition.status === status)
  let reply: Reply
  try {
    reply = await answer()
  } catch (error) {
    const refusal = error instanceof ApiError ? error : worded(error)
    const rule = holding(refusal?.status ?? 500)
    if (!rule) throw error
    if (!refusal) log.error({ err: error }, 'a request failed by a defect of ours, and was led on by a rule')
    return follow(context, rule, request, () => Promise.reject(error))
  }
  const rule = holding(undefined)
  if (!rule) return reply
  if (typeof reply.body === 'object' && 'destroy' in reply.body) reply.body.destroy()
  return follow(context, rule, request, () => Promise.resolve(reply))
}

/** All of a condition but the status, which is known later. */
export function mayHold(
  { prefix = '', suffix = '', headers: wanted }: RoutingCondition,
  { object, headers }: Pick<RoutedRequest, 'object' | 'headers'>,
): boolean {
  if (!object.startsWith(prefix) || !object.endsWith(suffix)) return false
  return wanted.every(({ key, equals, startsWith = '', endsWith = '' }) => {
    const sent = headers[key]
    if (sent === undefined) return false
    const value = textOfHeader(sent)
    return (
      (equals === undefined || value === equals) && value.startsWith(startsWith) && value.endsWith(endsWith)
    )
  })
}

async function follow(
  context: BucketContext,
  { condition, redirect }: RoutingRule,
  request: RoutedRequest,
  otherwise: () => Promise<Reply>,
): Promise<Reply> {
  const object = renamed(request.object, condition, redirect)
  switch (redirect.type) {
    case 'Mirror':
      return mirrored(context, redirect, { ...request, path: object, notThere: otherwise })
    case 'Internal': {
      if (!isObjectName(object)) return otherwise()
      // With the rights of whoever asks, and without another rule: so there are no circles.
      await authorize(context, { action: 'oss:GetObject', grant: 'read', object })
      return request.read(object)
    }
    case 'External':
    case 'AliCDN':
      return {
        status: redirect.code ?? 302,
        headers: { location: locationOf(context, redirect, request.object, object) },
      }
  }
}

/** What an object is called where the rule leads. */
export function renamed(
  object: string,
  { prefix = '' }: Pick<RoutingCondition, 'prefix'>,
  { keyWith, prefixWith, replacesPrefix = prefixWith !== undefined }: Renaming,
): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the vendor's placeholder
  if (keyWith !== undefined) return keyWith.replaceAll('${key}', () => object)
  return replacesPrefix ? (prefixWith ?? '') + object.slice(prefix.length) : object
}

/** On the host of the rule, or where the request was sent: the bucket may be in the host or in the path. */
function locationOf(
  { head, bucket, host }: BucketContext,
  { protocol, hostName, passesQuery }: ExternalRedirect,
  asked: string,
  object: string,
): string {
  const scheme = protocol ?? ('encrypted' in head.message.socket ? 'https' : 'http')
  const isInPath = decodePercent(head.rawPath) !== `/${asked}`
  const folder = hostName === undefined && isInPath ? `${bucket.value.name}/` : ''
  const query = passesQuery ? passedQuery(head.rawQuery) : ''
  return `${scheme}://${hostName ?? host}/${folder}${encodedPath(object)}${query}`
}
