/** A deployed API, made ready to be asked for by the thousand: everything that does not change from request to request. */
import type { ApiDefinition } from '../definition/definition.ts'
import type { DeploymentRecord, Stage } from '../records.ts'
import { type Mapping, mappingOf } from './mapping.ts'
import { type OpenId, openIdOf } from './open-id.ts'

export interface LiveApi {
  groupId: string
  apiId: string
  stage: Stage
  definition: ApiDefinition
  madeBy: DeploymentRecord['madeBy']
  protocols: readonly string[]
  mapping: Mapping
  openId: OpenId | undefined
  /** Of a backend by HTTP or an HTTP trigger. */
  backendUrl: URL | undefined
}

/** Made once of each deployment, and gone with it. */
const live = new WeakMap<DeploymentRecord, LiveApi>()

export function liveApiOf(deployment: DeploymentRecord): LiveApi {
  const known = live.get(deployment)
  if (known) return known
  const { groupId, apiId, stage, definition, madeBy } = deployment
  const api: LiveApi = {
    groupId,
    apiId,
    stage,
    definition,
    madeBy,
    protocols: definition.requestConfig.RequestProtocol.split(','),
    mapping: mappingOf(definition),
    openId: openIdOf(definition),
    backendUrl: backendUrlOf(definition),
  }
  live.set(deployment, api)
  return api
}

function backendUrlOf({ serviceConfig }: ApiDefinition): URL | undefined {
  const { ServiceAddress, FunctionComputeConfig } = serviceConfig
  const text =
    FunctionComputeConfig?.FcType === 'HttpTrigger' ? FunctionComputeConfig.FcBaseUrl : ServiceAddress
  return URL.parse(text) ?? undefined
}
