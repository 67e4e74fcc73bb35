import type { Caller } from './authentication.ts'
import type { LiveApi } from './live-api.ts'
import type { SystemParameterName } from './mapping.ts'
import { type GatewayRequest, headerOf } from './request.ts'

/** What the gateway itself knows of a request; undefined: nothing, as of an app where nobody signed. */
export function systemValue(
  name: SystemParameterName,
  { definition, stage }: LiveApi,
  request: GatewayRequest,
  { app, appKey }: Caller,
): string | undefined {
  switch (name) {
    case 'CaClientIp':
      return request.clientIp
    case 'CaDomain':
      return request.host
    case 'CaRequestHandleTime':
      return new Date(request.receivedMs).toISOString()
    case 'CaAppId':
      return app && String(app.appId)
    case 'CaAppKey':
      return appKey
    case 'CaRequestId':
      return request.requestId
    case 'CaHttpSchema':
      return request.protocol.toLowerCase()
    case 'CaProxy':
      return 'alibaba.apigateway'
    case 'CaApiName':
      return definition.apiName
    case 'CaClientUa':
      return headerOf(request, 'user-agent')
    case 'CaStage':
      return stage
  }
}
