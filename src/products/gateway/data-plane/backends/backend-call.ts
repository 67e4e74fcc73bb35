import type { LiveApi } from '../live-api.ts'
import type { MappedRequest } from '../mapping.ts'
import type { BackendSignature } from '../policies/backend-signature.ts'
import type { GatewayRequest } from '../request.ts'

/** What a backend is called with. */
export interface BackendCall {
  api: LiveApi
  request: GatewayRequest
  mapped: MappedRequest
  restLength: number
  signal: AbortSignal
  /** By which the backend knows the gateway. */
  signature: BackendSignature | undefined
}
