/** Queues and topics as a product: what `main/` gives to a listener. */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { MalformedXml } from '../../lib/xml-reader.ts'
import { AnnouncementsFull } from '../../ports/announcements.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { AccessControl } from '../../wire/access.ts'
import type { ApiError } from '../../wire/api-error.ts'
import { BodyCutOff, BodyTooLarge } from '../../wire/body.ts'
import { NoSuchRoute, type Product } from '../../wire/product-server.ts'
import type { ReachOf } from '../../wire/reach.ts'
import { MalformedPath } from '../../wire/routes.ts'
import type { SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { authorize, wantedBy } from './access.ts'
import { API_VERSION, type CallerFacts, queuesAuthentication } from './authentication.ts'
import type { Deliveries } from './deliveries.ts'
import { invalidRequestUrl, malformedXml, requestTooLarge, serviceBusy } from './errors.ts'
import type { Janitor } from './janitor.ts'
import type { LiveQueues } from './live-queues.ts'
import type { TopicListeners } from './needs.ts'
import { operations } from './operations/index.ts'
import { type QueuesContext, renderError } from './product.ts'
import type { SigningKey } from './signing-key.ts'

export interface QueuesProductOptions {
  records: RecordStore
  queues: LiveQueues
  deliveries: Deliveries
  janitor: Janitor
  signingKey: SigningKey
  listeners: TopicListeners
  newMessageId(): string
  clock: Clock
  ids: IdSource
  lookup: SecretLookup
  /** Whether requests from this address are listened to. */
  admits(address: string | undefined): boolean
  access: Pick<AccessControl, 'mayDo'>
  region: string
  /** Where pushes may go. */
  reachOf: ReachOf
}

export function queuesProduct({ lookup, admits, ...shared }: QueuesProductOptions): Product<QueuesContext> {
  const { ids, clock, access, region } = shared
  return {
    name: 'queues',
    operations,
    newRequestId: () => ids.uuid().replaceAll('-', '').slice(0, 24).toUpperCase(),
    authenticate: queuesAuthentication({ lookup, clock, admits }),
    authorize(request) {
      if (open.has(request.operation.name) || request.operation.name === 'Subscribe') return
      const { accountId, principal, facts } = request.caller
      const { conditions } = facts as CallerFacts
      authorize({ access, accountId, region, principal, conditions }, wantedBy(request))
    },
    contextFor(call, { facts, principal }) {
      const { host, conditions } = facts as CallerFacts
      return { ...call, ...shared, principal, conditions, origin: `http://${host}` }
    },
    renderError,
    wordFailure,
    commonHeaders: (requestId) => ({
      server: 'AliyunMQS',
      'x-mns-request-id': requestId,
      'x-mns-version': API_VERSION,
    }),
  }
}

/** For everybody, without a signature. What Subscribe asks for is known when its body is read. */
const open: ReadonlySet<string> = new Set(['GetSigningCertificate'])

function wordFailure(failure: unknown): ApiError | undefined {
  if (failure instanceof NoSuchRoute || failure instanceof MalformedPath) return invalidRequestUrl()
  if (failure instanceof BodyTooLarge) return requestTooLarge(failure.bytesMax)
  if (failure instanceof BodyCutOff || failure instanceof MalformedXml) return malformedXml()
  if (failure instanceof AnnouncementsFull) return serviceBusy(failure.message)
  return undefined
}
