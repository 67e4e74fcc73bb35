/** The vocabulary of operations on queues and topics. */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import type { XmlContent } from '../../lib/xml.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { ApiError } from '../../wire/api-error.ts'
import { type Call, operationOf, type Reply } from '../../wire/operation.ts'
import type { RequestHead } from '../../wire/product-server.ts'
import type { ReachOf } from '../../wire/reach.ts'
import type { AccessContext } from './access.ts'
import type { Deliveries } from './deliveries.ts'
import type { Janitor } from './janitor.ts'
import type { LiveQueues } from './live-queues.ts'
import { mnsDocument } from './mns-document.ts'
import type { TopicListeners } from './needs.ts'
import type { SigningKey } from './signing-key.ts'

export type { XmlContent } from '../../lib/xml.ts'
export { ApiError } from '../../wire/api-error.ts'
export { none } from '../../wire/body.ts'
export type { Reply } from '../../wire/operation.ts'
export { credentialOf } from '../../wire/reach.ts'
export { hopsOf } from '../../wire/signatures/secret-lookup.ts'

/** What an operation may use. */
export interface QueuesContext extends Call, AccessContext {
  records: RecordStore
  queues: LiveQueues
  deliveries: Deliveries
  janitor: Janitor
  signingKey: SigningKey
  listeners: TopicListeners
  reachOf: ReachOf
  newMessageId(): string
  clock: Clock
  ids: IdSource
  /** Scheme, host and port by which the client reached us: what URLs in answers begin with. */
  origin: string
}

export const operation = operationOf<QueuesContext>()

export const xmlReply = (
  status: number,
  rootName: string,
  content: XmlContent,
  headers: Record<string, string> = {},
): Reply => ({
  status,
  headers: { 'content-type': 'text/xml;charset=utf-8', ...headers },
  body: mnsDocument(rootName, content),
})

export const renderError = (
  { status, code, message, headers }: ApiError,
  requestId: string,
  { headers: { host = '' } }: RequestHead,
): Reply =>
  xmlReply(
    status,
    'Error',
    { Code: code, Message: message, RequestId: requestId, HostId: `http://${host}` },
    { ...headers },
  )
