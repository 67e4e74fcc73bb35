/** Where a subscription sends messages. */
import { endpointInvalid, notImplemented } from './errors.ts'
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
  const queue = /^acs:mns:([^:]+):([^:]+):queues\/(.+)$/.exec(text)
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
