/** The vocabulary of Object Storage operations. */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { xmlDocument } from '../../lib/xml.ts'
import type { BlobStore } from '../../ports/blobs.ts'
import type { ImageProcessor } from '../../ports/images.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { RequestConditions } from '../../wire/access.ts'
import type { ApiError } from '../../wire/api-error.ts'
import {
  type Call,
  type Operation,
  type OperationRequest,
  operationOf,
  type Reply,
} from '../../wire/operation.ts'
import type { RequestHead } from '../../wire/product-server.ts'
import type { ReachOf } from '../../wire/reach.ts'
import { parseRoute } from '../../wire/routes.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { type AccessCaller, authorize, authorizeService, type Grant } from './access.ts'
import { requireBucket, type StoredBucket } from './bucket.ts'
import type { PartLeases } from './content.ts'
import { withCors } from './cors.ts'
import { type AccessLogSink, logged, type Noted } from './logged.ts'
import type { MirrorSlots } from './mirror-slots.ts'
import type { AccessPolicies, ObjectListeners } from './needs.ts'
import { refuseOtherParameters } from './parameters.ts'
import { checkReferer } from './referer.ts'

export { bytes, none, stream } from '../../wire/body.ts'
export type { Reply } from '../../wire/operation.ts'
export { xmlReply } from '../../wire/xml.ts'

/** What an operation may use. */
export interface ObjectsContext extends Call {
  records: RecordStore
  blobs: BlobStore
  clock: Clock
  ids: IdSource
  region: string
  /** Larger bodies are refused. */
  sizeBytesMax: number
  /** Smaller parts are refused, but for the last. */
  partBytesMin: number
  /** Host and port by which the client reached us: what listings name as endpoint. */
  host: string
  method: string
  /** The address that the request came from. */
  clientIp: string
  caller: AccessCaller
  accessKeyId: string | undefined
  head: RequestHead
  /** What policies can speak of, of any request. */
  conditions: RequestConditions
  policies: AccessPolicies
  leases: PartLeases
  listeners: ObjectListeners
  images: ImageProcessor
  reachOf: ReachOf
  accessLogs: AccessLogSink
  mirrors: MirrorSlots
  noted: Noted
  /** The refusal that a failure of the wire or of a port stands for; undefined: a defect of ours. */
  worded(failure: unknown): ApiError | undefined
  /** As it was sent, where a plus sign is a plus sign. */
  query: URLSearchParams
  /** Of a signed form: who signed it, once its fields were read. */
  verifyForm(fields: ReadonlyMap<string, string>): Principal | undefined
}

export interface BucketContext extends ObjectsContext {
  bucket: StoredBucket
}

const wired = operationOf<ObjectsContext>()

interface Rules {
  /** As policies name it. Default: `oss:` and the operation's name. */
  action?: string
  /** Sub-resources that are understood beside those of the route: any other is refused. `any`: they are not for us. */
  parameters?: readonly string[] | 'any'
}

/** An operation that anyone may ask for: it tells what is no secret. */
export const openOperation = wired

/** An operation on the service, or on a bucket that need not be there: for those whose policies allow it. */
export function serviceOperation<const Route extends string, Body>(
  operation: Operation<ObjectsContext, Route, Body> & Rules,
): Operation<ObjectsContext> {
  const understood = parametersOf(operation)
  const { action = `oss:${operation.name}` } = operation
  return wired<Route, Body>({
    ...operation,
    async handle(request, context) {
      if (understood) refuseOtherParameters(context.query, understood)
      authorizeService(context, action, (request.path as { bucket?: string }).bucket)
      return operation.handle({ ...request, query: context.query }, context)
    },
  })
}

/**
 * An operation on a bucket or an object: the bucket is there, the caller may, and nothing is asked for that is not
 * understood. Answers to pages of other origins say what the bucket's CORS rules allow.
 */
export function operation<const Route extends `${string}{bucket}${string}`, Body>(
  operation: Operation<BucketContext, Route, Body> &
    Rules & {
      /** What an ACL must grant to those who are not the owner. Default: nothing does. */
      grant?: Grant
      /** May answer in place of `answer`, which says whether the caller may, and then handles the request. */
      around?(
        request: OperationRequest<Route, Body>,
        context: BucketContext,
        answer: () => Promise<Reply>,
      ): Promise<Reply>
    },
): Operation<ObjectsContext> {
  const understood = parametersOf(operation)
  const { action = `oss:${operation.name}`, grant = 'owner' } = operation
  return wired<Route, Body>({
    ...operation,
    async handle(request, context) {
      if (understood) refuseOtherParameters(context.query, understood)
      const { bucket: name, object } = request.path as { bucket: string; object?: string }
      const bucket = await requireBucket(context.records, name)
      const known = { ...context, bucket }
      return logged(known, { operation: operation.name, object }, () =>
        withCors(request.headers, known, () => {
          const asked = { ...request, query: context.query }
          const answer = async (): Promise<Reply> => {
            await authorize(known, { action, grant, object })
            // Forms and preflights come from pages that upload, not from those that show.
            if (context.method !== 'POST' && context.method !== 'OPTIONS')
              await checkReferer(request.headers, known)
            return operation.handle(asked, known)
          }
          return operation.around ? operation.around(asked, known, answer) : answer()
        }),
      )
    },
  })
}

const parametersOf = ({
  route,
  parameters = [],
}: { route: string } & Rules): ReadonlySet<string> | undefined =>
  parameters === 'any'
    ? undefined
    : new Set([...parseRoute(route).subResources.map(({ key }) => key), ...parameters])

/** The error document; where an answer has no body (HEAD) it is in the header that clients look at. */
export function renderError(
  { status, code, message, details, headers }: ApiError,
  requestId: string,
  { method, headers: { host = '' } }: RequestHead,
): Reply {
  if (status === 304) return { status, headers }
  const document = xmlDocument('Error', {
    Code: code,
    Message: message,
    RequestId: requestId,
    HostId: host,
    ...details,
  })
  if (method === 'HEAD') {
    return { status, headers: { ...headers, 'x-oss-err': Buffer.from(document).toString('base64') } }
  }
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body: document }
}
