/** Where a subscription sends messages. */
import { credentialOf, isWithin, type ReachOf } from '../../wire/reach.ts'
import { type AccessContext, authorize, sending } from './access.ts'
import { endpointInvalid, endpointNotPublic, notImplemented } from './errors.ts'
import { isName } from './names.ts'

export type Endpoint = { is: 'http'; url: URL } | { is: 'queue'; queueName: string }

const LENGTH_MAX = 1024

/** Throws EndpointInvalid; NotImplemented for kinds that are known and not offered. */
export function parseEndpoint(
  text: string,
  { accountId, region }: { accountId: string; region: string },
): Endpoint {
  if (text.length > LENGTH_MAX) throw endpointInvalid()
  if (/^https?:\/\//i.test(text)) {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url?.username !== '' || url.password !== '') throw endpointInvalid()
    return { is: 'http', url }
  }
  const queue = /^acs:mns:([^:]+):([^:]+):\/?queues\/(.+)$/.exec(text)
  if (queue) {
    const [, ofRegion, ofAccount, queueName] = queue
    if (ofRegion !== region || ofAccount !== accountId || !isName(queueName!)) throw endpointInvalid()
    return { is: 'queue', queueName: queueName! }
  }
  if (/^(mail:directmail|sms:directsms|push:|acs:fc:|acs:kafka:)/.test(text)) {
    throw notImplemented(`endpoints like '${text.slice(0, 40)}'`)
  }
  throw endpointInvalid()
}

/**
 * Whether the caller may have messages sent there. Throws AccessDenied for a queue, EndpointInvalid for an address. What a
 * name stands for is seen at each push.
 */
export function checkEndpoint(endpoint: Endpoint, context: AccessContext & { reachOf: ReachOf }): void {
  if (endpoint.is === 'queue') authorize(context, sending(endpoint.queueName))
  else if (!isWithin(context.reachOf(credentialOf(context.principal)), endpoint.url))
    throw endpointNotPublic()
}
