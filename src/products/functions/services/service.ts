import type { ServiceConfig } from './service-config.ts'

/** One state of a service: what LATEST is now, or what a version was when it was published. */
export interface ServiceState {
  serviceName: string
  serviceId: string
  createdTime: string
  lastModifiedTime: string
  config: ServiceConfig
}

/**
 * The root of a service, its functions, versions and aliases: each of their changes writes it again with the version it
 * was read at (change-service.ts). Triggers and configs of a function hang on the function's own root.
 */
export interface ServiceRecord extends ServiceState {
  tags: Record<string, string>
  /** Changes with the service and with every function of it: a version is published only when something is new. */
  revisionId: string
  nextVersion: number
  lastPublished?: { versionId: string; revisionId: string }
}

/** A published version of a service. What its functions were is in a version record of each. */
export interface ServiceVersionRecord {
  versionId: string
  description: string
  createdTime: string
  state: ServiceState
  /** In order. Those of the service at that moment, without the service's name. */
  functionNames: string[]
}

/** The `Service` of the APIs. What is not set has the vendor's empty form. */
export function serviceDocument(
  { config: { asGiven, logConfig, tracingConfig, ...config }, ...state }: ServiceState,
  tags: Record<string, string> = {},
): Record<string, unknown> {
  return {
    serviceName: state.serviceName,
    serviceId: state.serviceId,
    ...config,
    logConfig: {
      project: '',
      logstore: '',
      enableRequestMetrics: false,
      enableInstanceMetrics: false,
      logBeginRule: 'None',
      ...logConfig,
    },
    vpcConfig: { vpcId: '', vSwitchIds: [], securityGroupId: '', role: '' },
    nasConfig: { userId: -1, groupId: -1, mountPoints: [] },
    ossMountConfig: { mountPoints: [] },
    ...asGiven,
    tracingConfig: { type: null, params: null, ...tracingConfig },
    tags,
    createdTime: state.createdTime,
    lastModifiedTime: state.lastModifiedTime,
  }
}

export const documentOf = (service: ServiceRecord): Record<string, unknown> =>
  serviceDocument(service, service.tags)
