/** A call as the trail keeps it: fields and their names are those of the vendor's events. */
import type { AnsweredCall } from '../../wire/call-observer.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { type EventRW, rwOf, serviceOf } from './control-calls.ts'

export interface TrailEvent {
  eventId: string
  eventVersion: '1'
  eventCategory: 'Management'
  eventType: 'ApiCall'
  eventName: string
  eventRW: EventRW
  /** `2026-01-01T00:00:00Z` */
  eventTime: string
  /** The host that the client named. */
  eventSource: string
  serviceName: string
  apiVersion?: string
  acsRegion: string
  recipientAccountId: string
  requestId: string
  sourceIpAddress: string
  userAgent?: string
  errorCode?: string
  resourceType?: string
  resourceName?: string
  userIdentity: {
    type: 'root-account' | 'ram-user' | 'assumed-role'
    accountId: string
    principalId: string
    userName: string
    accessKeyId?: string
  }
}

export interface Place {
  accountId: string
  region: string
  /** Of the account. */
  rootAccessKeyId: string
}

/** Characters of what a client says, and of names. */
const TEXT_MAX = 256

/** Parameters that are names of things and never secrets, the one that says most first. */
const naming: readonly (readonly [string, string])[] = [
  ['UserAccessKeyId', 'ACS::RAM::AccessKey'],
  ['UserName', 'ACS::RAM::User'],
  ['GroupName', 'ACS::RAM::Group'],
  ['RoleName', 'ACS::RAM::Role'],
  ['RoleArn', 'ACS::RAM::Role'],
  ['PolicyName', 'ACS::RAM::Policy'],
  ['userName', 'ACS::RAM::User'],
  ['accessKeyId', 'ACS::RAM::AccessKey'],
  ['roleName', 'ACS::RAM::Role'],
  ['policyName', 'ACS::RAM::Policy'],
  ['functionName', 'ACS::FC::Function'],
  ['serviceName', 'ACS::FC::Service'],
  ['layerName', 'ACS::FC::Layer'],
  ['domainName', 'ACS::FC::CustomDomain'],
  ['bucket', 'ACS::OSS::Bucket'],
  ['queue', 'ACS::MNS::Queue'],
  ['QueueName', 'ACS::MNS::Queue'],
  ['ApiId', 'ACS::ApiGateway::Api'],
  ['GroupId', 'ACS::ApiGateway::ApiGroup'],
  ['AppId', 'ACS::ApiGateway::App'],
  ['topic', 'ACS::MNS::Topic'],
]

/** Undefined: such calls are not recorded. */
export function eventOf(
  call: AnsweredCall,
  { nowMs, accountId, region, rootAccessKeyId }: Place & { nowMs: number },
): TrailEvent | undefined {
  const serviceName = serviceOf(call)
  if (serviceName === undefined) return undefined
  const { operation, requestId, version, errorCode, principal, message } = call
  const { headers, socket } = message
  const userAgent = headers['user-agent']?.slice(0, TEXT_MAX)
  return {
    eventId: requestId,
    eventVersion: '1',
    eventCategory: 'Management',
    eventType: 'ApiCall',
    eventName: operation,
    eventRW: rwOf(operation),
    eventTime: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    eventSource: (headers.host ?? '').slice(0, TEXT_MAX),
    serviceName,
    ...(version === undefined ? {} : { apiVersion: version }),
    acsRegion: region,
    recipientAccountId: accountId,
    requestId,
    sourceIpAddress: socket.remoteAddress ?? '',
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(errorCode === undefined ? {} : { errorCode }),
    ...resourceOf(call.named),
    userIdentity: identityOf(principal, { accountId, rootAccessKeyId }),
  }
}

function resourceOf(named: AnsweredCall['named']): Pick<TrailEvent, 'resourceType' | 'resourceName'> {
  const parameters = new Map(named)
  for (const [parameter, resourceType] of naming) {
    const name = parameters.get(parameter)
    if (name) return { resourceType, resourceName: name.slice(0, TEXT_MAX) }
  }
  return {}
}

function identityOf(
  principal: Principal,
  { accountId, rootAccessKeyId }: { accountId: string; rootAccessKeyId: string },
): TrailEvent['userIdentity'] {
  switch (principal.is) {
    case 'account':
      return {
        type: 'root-account',
        accountId,
        principalId: accountId,
        userName: 'root',
        accessKeyId: rootAccessKeyId,
      }
    case 'user':
      return {
        type: 'ram-user',
        accountId,
        principalId: principal.userId,
        userName: principal.userName,
        ...(principal.accessKeyId === undefined ? {} : { accessKeyId: principal.accessKeyId }),
      }
    case 'role':
      return {
        type: 'assumed-role',
        accountId,
        principalId: `${principal.roleId}:${principal.sessionName}`,
        userName: `${principal.roleName}:${principal.sessionName}`,
      }
    case 'unknownRole': {
      const roleName = principal.roleArn.slice(principal.roleArn.lastIndexOf('/') + 1)
      return {
        type: 'assumed-role',
        accountId,
        principalId: `${roleName}:${principal.sessionName}`,
        userName: `${roleName}:${principal.sessionName}`,
      }
    }
  }
}
