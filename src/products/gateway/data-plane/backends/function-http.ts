/** Functions with an HTTP trigger: the request as it is mapped, the answer as it comes. */
import type { Functions } from '../../needs.ts'
import { type Answer, takenHeaders } from '../answer.ts'
import type { LiveApi } from '../live-api.ts'
import type { MappedRequest } from '../mapping.ts'
import { backendTimedOut, connectFailed, roleRefused } from '../refusals.ts'
import type { GatewayRequest } from '../request.ts'
import { backendRequest } from './backend-request.ts'

/** Throws `ApiError`. */
export async function requestFunction(
  functions: Functions,
  { definition: { serviceConfig } }: LiveApi,
  request: GatewayRequest,
  mapped: MappedRequest,
  restLength: number,
  signal: AbortSignal,
): Promise<Answer> {
  const config = serviceConfig.FunctionComputeConfig!
  const { method, target, headers, body } = backendRequest(
    request,
    mapped,
    { method: config.Method, path: config.Path || serviceConfig.ServicePath, restLength },
    { category: config.ContentTypeCatagory.toUpperCase(), value: config.ContentTypeValue },
  )
  const answer = await functions.request({
    baseUrl: new URL(config.FcBaseUrl),
    method,
    target,
    headers,
    body,
    roleArn: config.RoleArn,
    requestId: request.requestId,
    signal,
    timeoutMs: serviceConfig.ServiceTimeout,
  })
  switch (answer.is) {
    case 'answered':
      return { status: answer.status, headers: takenHeaders(answer.rawHeaders), body: answer.body }
    case 'timedOut':
      throw backendTimedOut()
    case 'unreachable':
      throw connectFailed(answer.because)
    case 'roleRefused':
      throw roleRefused(answer.because)
  }
}
