import type { ReachOf } from '../../../../wire/reach.ts'
import type { Functions } from '../../needs.ts'
import type { Answer } from '../answer.ts'
import type { LiveApi } from '../live-api.ts'
import type { MappedRequest } from '../mapping.ts'
import type { GatewayRequest } from '../request.ts'
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

export interface BackendCall {
  api: LiveApi
  request: GatewayRequest
  mapped: MappedRequest
  restLength: number
  signal: AbortSignal
}

/** Throws `ApiError`. */
export async function callBackend(
  { functions, backends, reachOf }: BackendNeeds,
  { api, request, mapped, restLength, signal }: BackendCall,
): Promise<Answer> {
  const { serviceConfig } = api.definition
  if (serviceConfig.Mock) return mockAnswer(api.definition)
  if (serviceConfig.ServiceProtocol === 'FUNCTIONCOMPUTE')
    return serviceConfig.FunctionComputeConfig?.FcType === 'HttpTrigger'
      ? requestFunction(functions, api, request, mapped, restLength, signal)
      : callFunction(functions, api, request, mapped, signal)
  const { ServiceHttpMethod: method, ServicePath: path } = serviceConfig
  return backends.call({
    ...backendRequest(
      request,
      mapped,
      { method, path, restLength },
      { category: serviceConfig.ContentTypeCatagory, value: serviceConfig.ContentTypeValue },
    ),
    address: new URL(serviceConfig.ServiceAddress),
    reach: reachOf(api.madeBy),
    signal,
    timeoutMs: serviceConfig.ServiceTimeout,
  })
}
