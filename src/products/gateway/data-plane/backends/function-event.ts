/** Event functions: the request as a document, the answer as another (help page 74797). */
import { isUtf8 } from 'node:buffer'
import { tracedBy } from '../../../../lib/trace-context.ts'
import { targetOf } from '../../backend-access.ts'
import type { Functions } from '../../needs.ts'
import type { Answer } from '../answer.ts'
import type { LiveApi } from '../live-api.ts'
import type { MappedRequest } from '../mapping.ts'
import {
  apiNotFound,
  backendTimedOut,
  bodyTooLarge,
  functionResponseInvalid,
  roleRefused,
  serviceBusy,
} from '../refusals.ts'
import type { GatewayRequest } from '../request.ts'
import { backendRequest } from './backend-request.ts'
import { replyOf } from './function-reply.ts'

/** A body of 32 MB in base64 and the rest of its event fit; text of which every character must be escaped may not. */
const EVENT_BYTES_MAX = 48 * 1024 * 1024

/** Throws `ApiError`. */
export async function callFunction(
  functions: Functions,
  { definition: { serviceConfig } }: LiveApi,
  request: GatewayRequest,
  mapped: MappedRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const config = serviceConfig.FunctionComputeConfig!
  const answer = await functions.call({
    target: targetOf(config),
    event: eventOf(request, mapped, {
      category: config.ContentTypeCatagory.toUpperCase(),
      value: config.ContentTypeValue,
    }),
    ...tracedBy(request.message.headers),
    signal,
    timeoutMs: serviceConfig.ServiceTimeout,
  })
  switch (answer.is) {
    case 'answered':
      return replyOf(answer.body)
    case 'failed':
      throw functionResponseInvalid(answer.because)
    case 'timedOut':
      throw backendTimedOut()
    case 'absent':
      throw apiNotFound(answer.because)
    case 'roleRefused':
      throw roleRefused(answer.because)
    case 'busy':
      throw serviceBusy()
  }
}

function eventOf(
  request: GatewayRequest,
  mapped: MappedRequest,
  contentType: { category: string; value: string },
): Buffer {
  const { headers, body } = backendRequest(
    request,
    mapped,
    { method: '', path: '', restLength: 0 },
    contentType,
  )
  const isText = isUtf8(body)
  const event = Buffer.from(
    JSON.stringify({
      path: `/${request.rawSegments.join('/')}`,
      httpMethod: request.method,
      headers: headersObject(headers),
      queryParameters: joined(mapped.query),
      pathParameters: Object.fromEntries(mapped.path),
      body: body.toString(isText ? 'utf8' : 'base64'),
      isBase64Encoded: !isText,
    }),
  )
  if (event.length > EVENT_BYTES_MAX) throw bodyTooLarge()
  return event
}

function headersObject(headers: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = []
  for (let index = 0; index < headers.length; index += 2)
    pairs.push([headers[index]!, Buffer.from(headers[index + 1]!, 'latin1').toString('utf8')])
  return joined(pairs)
}

/** Without a prototype, `__proto__` is a name like any other. */
function joined(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const object: Record<string, string> = Object.create(null)
  for (const [name, value] of pairs) object[name] = name in object ? `${object[name]},${value}` : value
  return object
}
