/** What is in force for an API in a stage. A plugin takes the place of a policy that says the same. */
import type { Catalog } from '../../catalog.ts'
import type { PluginType, Stage } from '../../records.ts'
import { type AddressRule, addressRule } from './addresses.ts'
import type { BackendSignature } from './backend-signature.ts'
import { type PluginRules, rulesOf } from './plugin-data.ts'
import { type TrafficRule, trafficRule } from './traffic.ts'

export interface Policies extends Partial<PluginRules> {
  /** Nothing is in force: the commonest case. */
  isEmpty: boolean
}

export interface PoliciesInForce {
  of(apiId: string, stage: Stage): Policies
}

/** Looked up once for each API, and again after the catalog has changed. */
export function policiesIn(catalog: Catalog): PoliciesInForce {
  const found = new Map<string, Policies>()
  let version = -1
  return {
    of(apiId, stage) {
      if (version !== catalog.version) {
        version = catalog.version
        found.clear()
      }
      const key = `${apiId}/${stage}`
      const known = found.get(key)
      if (known) return known
      const policies = policiesOf(catalog, apiId, stage)
      found.set(key, policies)
      return policies
    },
  }
}

function policiesOf(catalog: Catalog, apiId: string, stage: Stage): Policies {
  const boundTo = (kind: Parameters<Catalog['binding']>[2]) => catalog.binding(apiId, stage, kind)?.policyId
  const plugin = <Type extends PluginType>(type: Type): PluginRules[Type] | undefined => {
    const id = boundTo(`plugin:${type}`)
    const record = id === undefined ? undefined : catalog.get('plugins', id)
    return record && rulesOf(record, type)
  }
  const policies: Partial<PluginRules> = {}
  const put = <Type extends PluginType>(type: Type, rule: PluginRules[Type] | undefined) => {
    if (rule !== undefined) policies[type] = rule as Partial<PluginRules>[Type]
  }
  put('trafficControl', plugin('trafficControl') ?? trafficPolicy(catalog, boundTo('trafficControl')))
  put('ipControl', plugin('ipControl') ?? addressPolicy(catalog, boundTo('ipControl')))
  put('backendSignature', plugin('backendSignature') ?? signaturePolicy(catalog, boundTo('signature')))
  put('jwtAuth', plugin('jwtAuth'))
  put('cors', plugin('cors'))
  put('caching', plugin('caching'))
  return { ...policies, isEmpty: Object.keys(policies).length === 0 }
}

function trafficPolicy(catalog: Catalog, id: string | undefined): TrafficRule | undefined {
  const record = id === undefined ? undefined : catalog.get('trafficControls', id)
  return record && trafficRule(record.id, record)
}

function addressPolicy(catalog: Catalog, id: string | undefined): AddressRule | undefined {
  const record = id === undefined ? undefined : catalog.get('ipControls', id)
  return (
    record &&
    addressRule(
      record.type,
      record.items.map(({ cidrIp, appId }) => ({ addresses: cidrIp.split(';'), appId })),
    )
  )
}

function signaturePolicy(catalog: Catalog, id: string | undefined): BackendSignature | undefined {
  const record = id === undefined ? undefined : catalog.get('signatures', id)
  return record && { key: record.key, secret: record.secret }
}
