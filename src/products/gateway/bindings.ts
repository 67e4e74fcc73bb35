/** Which policies and plugins are in force for which APIs: what the operations on all of them have in common. */
import type { Change } from './catalog.ts'
import { notFound, quotaExceeded } from './errors.ts'
import { type ApiRecord, type BindingRecord, bindingId, POLICIES_MAX } from './records.ts'
import type { Call } from './vocabulary.ts'
import { apiOf, stageOf } from './vocabulary.ts'

/** Of one request, as the vendor limits it. */
const NAMED_MAX = 100

export const namedApis = (call: Call, parameter = 'ApiIds'): ApiRecord[] =>
  call.parameters.list(parameter, NAMED_MAX).map((apiId) => apiOf(call, apiId))

/** In the place of what was in force of this kind. */
export function bound(
  call: Call,
  apis: readonly ApiRecord[],
  kind: BindingRecord['kind'],
  policyId: string,
): Change[] {
  const stage = stageOf(call)
  return apis.map(({ apiId, groupId }) => ({
    put: 'bindings',
    value: { apiId, groupId, stage, kind, policyId, boundTime: call.now },
  }))
}

/** Throws when it was not in force. */
export function unbound(
  call: Call,
  apis: readonly ApiRecord[],
  kind: BindingRecord['kind'],
  policyId: string,
): Change[] {
  const stage = stageOf(call)
  return apis.map(({ apiId }) => {
    if (call.catalog.binding(apiId, stage, kind)?.policyId !== policyId) throw notFound('Binding')
    return { remove: 'bindings', id: bindingId(apiId, stage, kind) }
  })
}

export const bindingsOf = ({ catalog }: Call, policyId: string): BindingRecord[] =>
  catalog.all('bindings').filter((binding) => binding.policyId === policyId)

/** For a policy that is deleted. */
export const unboundEverywhere = (call: Call, policyId: string): Change[] =>
  bindingsOf(call, policyId).map(({ apiId, stage, kind }) => ({
    remove: 'bindings',
    id: bindingId(apiId, stage, kind),
  }))

/** What lists of the APIs of a policy say of each. */
export const boundApis = (call: Call, policyId: string) =>
  bindingsOf(call, policyId).flatMap((binding) => {
    const api = call.catalog.get('apis', binding.apiId)
    const group = call.catalog.get('groups', binding.groupId)
    if (!api || !group) return []
    const { definition } = api
    return [
      {
        ApiId: api.apiId,
        ApiName: definition.apiName,
        Description: definition.description,
        Visibility: definition.visibility,
        GroupId: api.groupId,
        GroupName: group.groupName,
        RegionId: call.region,
        StageName: binding.stage,
        BoundTime: binding.boundTime,
        Method: definition.requestConfig.RequestHttpMethod,
        Path: definition.requestConfig.RequestPath,
      },
    ]
  })

export function checkRoomForPolicy({ catalog }: Call): void {
  const tables = ['trafficControls', 'ipControls', 'signatures', 'plugins'] as const
  const count = tables.reduce((sum, table) => sum + catalog.count(table), 0)
  if (count >= POLICIES_MAX) throw quotaExceeded('Policy', POLICIES_MAX)
}
