/** What is kept of gateways: records, their keys, and how many there may be. */
import type { Credential } from '../../wire/reach.ts'
import type { ApiDefinition } from './definition/definition.ts'

export const stages = ['RELEASE', 'PRE', 'TEST'] as const
export type Stage = (typeof stages)[number]

/** The vendor's limits. */
export const GROUPS_MAX = 50
export const APIS_OF_GROUP_MAX = 1000
export const APPS_MAX = 1000
export const CREDENTIALS_OF_APP_MAX = 5
export const DOMAINS_OF_GROUP_MAX = 5
/** The vendor keeps this many earlier states of each API and stage. */
export const HISTORY_MAX = 10
/** Ours: of all kinds of policies and plugins together. */
export const POLICIES_MAX = 1000

interface Dated {
  /** ISO, in seconds. */
  createdTime: string
  modifiedTime: string
}

export interface GroupRecord extends Dated {
  groupId: string
  groupName: string
  description: string
  basePath: string
  domains: readonly DomainRecord[]
}

/** A domain of the user's own. */
export interface DomainRecord {
  /** Lower case. */
  domainName: string
  /** Empty: as the request says. */
  stage: Stage | ''
}

export interface ApiRecord extends Dated {
  groupId: string
  apiId: string
  definition: ApiDefinition
  /** What kind of key its backend was named with: how far that may be away depends on it. */
  madeBy: Credential
}

/** What a stage answers by. */
export interface DeploymentRecord {
  groupId: string
  apiId: string
  stage: Stage
  /** `20160705104552292` */
  version: string
  description: string
  deployedTime: string
  definition: ApiDefinition
  madeBy: Credential
}

export interface AppRecord extends Dated {
  appId: number
  appName: string
  description: string
  extend: string
  disabled: boolean
  keys: readonly (Dated & { appKey: string; appSecret: string })[]
  codes: readonly (Dated & { appCode: string })[]
}

/** That an app may call an API in a stage. */
export interface AuthorityRecord {
  apiId: string
  stage: Stage
  appId: number
  description: string
  authorizedTime: string
  /** ms since the epoch; undefined: for ever. */
  validUntilMs?: number
}

export interface TrafficControlRecord extends Dated {
  id: string
  name: string
  description: string
  unit: TrafficUnit
  apiDefault: number
  userDefault?: number
  appDefault?: number
  specials: readonly TrafficSpecial[]
}

export const trafficUnits = ['SECOND', 'MINUTE', 'HOUR', 'DAY'] as const
export type TrafficUnit = (typeof trafficUnits)[number]

export interface TrafficSpecial {
  type: 'APP' | 'USER'
  /** Id of the app or the account. */
  key: string
  value: number
}

export interface IpControlRecord extends Dated {
  id: string
  name: string
  description: string
  type: 'ALLOW' | 'REFUSE'
  items: readonly IpControlItem[]
}

export interface IpControlItem extends Dated {
  itemId: string
  /** Addresses and subnets, with `;` between them. */
  cidrIp: string
  /** Empty: for every caller. */
  appId: string
}

export interface SignatureRecord extends Dated {
  id: string
  name: string
  key: string
  secret: string
}

export interface PluginRecord extends Dated {
  id: string
  name: string
  type: PluginType
  description: string
  /** JSON or YAML, as it was given. */
  data: string
}

export const pluginTypes = [
  'ipControl',
  'trafficControl',
  'backendSignature',
  'jwtAuth',
  'cors',
  'caching',
] as const
export type PluginType = (typeof pluginTypes)[number]

/** That a policy or a plugin is in force for an API in a stage: one of each kind. */
export interface BindingRecord {
  apiId: string
  groupId: string
  stage: Stage
  /** Of plugins, their type: `plugin:cors`. */
  kind: 'trafficControl' | 'ipControl' | 'signature' | `plugin:${PluginType}`
  policyId: string
  boundTime: string
}

export interface Tables {
  groups: GroupRecord
  apis: ApiRecord
  deployments: DeploymentRecord
  apps: AppRecord
  authorities: AuthorityRecord
  trafficControls: TrafficControlRecord
  ipControls: IpControlRecord
  signatures: SignatureRecord
  plugins: PluginRecord
  bindings: BindingRecord
}

export const idOf: { [Table in keyof Tables]: (record: Tables[Table]) => string } = {
  groups: ({ groupId }) => groupId,
  apis: ({ apiId }) => apiId,
  deployments: ({ apiId, stage }) => deploymentId(apiId, stage),
  apps: ({ appId }) => String(appId),
  authorities: ({ apiId, stage, appId }) => authorityId(apiId, stage, appId),
  trafficControls: ({ id }) => id,
  ipControls: ({ id }) => id,
  signatures: ({ id }) => id,
  plugins: ({ id }) => id,
  bindings: ({ apiId, stage, kind }) => bindingId(apiId, stage, kind),
}

export const deploymentId = (apiId: string, stage: Stage): string => `${apiId}/${stage}`
export const authorityId = (apiId: string, stage: Stage, appId: number | string): string =>
  `${apiId}/${stage}/${appId}`
export const bindingId = (apiId: string, stage: Stage, kind: BindingRecord['kind']): string =>
  `${apiId}/${stage}/${kind}`

const PREFIX = 'gateway/'

export const tablePrefix = (table: keyof Tables): string => `${PREFIX}${table}/`
export const recordKey = (table: keyof Tables, id: string): string => `${tablePrefix(table)}${id}`

/** Earlier states, the oldest first; they are not in memory. */
export const historyPrefix = (apiId: string, stage?: Stage): string =>
  `${PREFIX}history/${apiId}/${stage === undefined ? '' : `${stage}/`}`
export const historyKey = (apiId: string, stage: Stage, version: string): string =>
  `${historyPrefix(apiId, stage)}${version}`
