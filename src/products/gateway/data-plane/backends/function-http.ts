/** Functions with an HTTP trigger: the request as it is mapped, the answer as it comes. */
import type { Functions } from '../../needs.ts'
import { type Answer, takenHeaders } from '../answer.ts'
import { signedBy } from '../policies/backend-signature.ts'
import { backendTimedOut, connectFailed, roleRefused } from '../refusals.ts'
import type { BackendCall } from './backend-call.ts'
import { backendRequest } from './backend-request.ts'

/** Throws `ApiError`. */
export async function requestFunction(
  functions: Functions,
  { api, request, mapped, restLength, signal, signature }: BackendCall,
): Promise<Answer> {
  const { serviceConfig } = api.definition
  const config = serviceConfig.FunctionComputeConfig!
  const baseUrl = api.backendUrl
  if (!baseUrl) throw new Error('an HTTP trigger has a URL')
  const { method, target, headers, body } = signedBy(
    signature,
    backendRequest(
      request,
      mapped,
      {
        method: config.Method,
        path: config.Path || serviceConfig.ServicePath,
        restLength,
        below: baseUrl.pathname,
      },
      { category: config.ContentTypeCatagory.toUpperCase(), value: config.ContentTypeValue },
    ),
  )
  const answer = await functions.request({
    host: baseUrl.host,
    method,
    target,
    headers,
    body,
    roleArn: config.RoleArn,
    signal,
    timeoutMs: serviceConfig.ServiceTimeout,
  })
  switch (answer.is) {
    case 'answered':
      return {
        status: answer.status,
        headers: takenHeaders(answer.rawHeaders),
        body: answer.body,
        ...(answer.lengthBytes === undefined ? {} : { lengthBytes: answer.lengthBytes }),
      }
    case 'timedOut':
      throw backendTimedOut()
    case 'unreachable':
      throw connectFailed(answer.because)
    case 'roleRefused':
      throw roleRefused(answer.because)
  }
}
