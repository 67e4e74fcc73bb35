import type { ReachOf } from '../../../../wire/reach.ts'
import type { Functions } from '../../needs.ts'
import type { Answer } from '../answer.ts'
import { signedBy } from '../policies/backend-signature.ts'
import type { BackendCall } from './backend-call.ts'
import { backendRequest } from './backend-request.ts'
import { callFunction } from './function-event.ts'
import { requestFunction } from './function-http.ts'
import type { HttpBackends } from './http.ts'
import { mockAnswer } from './mock.ts'

export interface BackendNeeds {
  functions: Functions
  backends: HttpBackends
  reachOf: ReachOf
}

/** Throws `ApiError`. */
export async function callBackend(
  { functions, backends, reachOf }: BackendNeeds,
  { api, request, mapped, restLength, signal, signature }: BackendCall,
): Promise<Answer> {
  const { serviceConfig } = api.definition
  if (serviceConfig.Mock) return mockAnswer(api.definition)
  if (serviceConfig.ServiceProtocol === 'FUNCTIONCOMPUTE')
    return serviceConfig.FunctionComputeConfig?.FcType === 'HttpTrigger'
      ? requestFunction(functions, { api, request, mapped, restLength, signal, signature })
      : callFunction(functions, api, request, mapped, signal)
  const { ServiceHttpMethod: method, ServicePath: path } = serviceConfig
  const address = api.backendUrl
  if (!address) throw new Error('a backend by HTTP has an address')
  const contentType = { category: serviceConfig.ContentTypeCatagory, value: serviceConfig.ContentTypeValue }
  const sent = signedBy(
    signature,
    backendRequest(request, mapped, { method, path, restLength, below: address.pathname }, contentType),
  )
  return backends.call({
    ...sent,
    address,
    reach: reachOf(api.madeBy),
    signal,
    timeoutMs: serviceConfig.ServiceTimeout,
  })
}
