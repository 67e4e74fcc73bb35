/** The vocabulary of Object Storage operations. */
import type { Clock } from '../../lib/clock.ts'
import type { BlobStore } from '../../ports/blobs.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { ApiError } from '../../wire/api-error.ts'
import { type Call, operationOf, type Reply } from '../../wire/operation.ts'
import type { RequestHead } from '../../wire/product-server.ts'
import { xmlDocument } from '../../wire/xml.ts'

export { bytes, none, stream } from '../../wire/body.ts'
export type { Reply } from '../../wire/operation.ts'
export { xmlReply } from '../../wire/xml.ts'

/** What an operation may use. */
export interface ObjectsContext extends Call {
  records: RecordStore
  blobs: BlobStore
  clock: Clock
  region: string
  /** Larger objects are refused. */
  sizeBytesMax: number
  /** Host and port by which the client reached us: what listings name as endpoint. */
  host: string
}

export const operation = operationOf<ObjectsContext>()

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
