import { checkPathTemplate } from '../definition/path-template.ts'
import { duplicate, inUse, invalid, notFound, quotaExceeded } from '../errors.ts'
import { GROUPS_MAX, type GroupRecord, stages } from '../records.ts'
import { checkTags } from '../tags.ts'
import {
  type Call,
  type Document,
  groupOf,
  newestFirst,
  newHexId,
  ofGroup,
  operation,
  paged,
} from '../vocabulary.ts'

export const createApiGroup = operation({
  name: 'CreateApiGroup',
  resource: ofGroup,
  async handle(call) {
    const { catalog, parameters, now } = call
    checkTags(parameters)
    const group: GroupRecord = {
      groupId: newHexId(call),
      groupName: checkGroupName(parameters.required('GroupName')),
      description: parameters.text('Description', 180) ?? '',
      basePath: basePathIn(parameters.optional('BasePath')),
      domains: [],
      createdTime: now,
      modifiedTime: now,
    }
    return catalog.change<Document>(() => {
      if (catalog.count('groups') >= GROUPS_MAX) throw quotaExceeded('ApiGroup', GROUPS_MAX)
      checkNameIsFree(call, group)
      return { changes: [{ put: 'groups', value: group }], result: facts(group, call) }
    })
  },
})

export const modifyApiGroup = operation({
  name: 'ModifyApiGroup',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters, now } = call
      const before = groupOf(call)
      const groupName = parameters.optional('GroupName')
      const basePath = parameters.optional('BasePath')
      const group: GroupRecord = {
        ...before,
        ...(groupName === undefined ? {} : { groupName: checkGroupName(groupName) }),
        ...(basePath === undefined ? {} : { basePath: basePathIn(basePath) }),
        description: parameters.text('Description', 180) ?? before.description,
        modifiedTime: now,
      }
      checkNameIsFree(call, group)
      return { changes: [{ put: 'groups', value: group }], result: facts(group, call) }
    }),
})

export const deleteApiGroup = operation({
  name: 'DeleteApiGroup',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { groupId } = groupOf(call)
      if (call.catalog.all('apis').some((api) => api.groupId === groupId))
        throw inUse('ApiGroup', 'it still has APIs')
      return { changes: [{ remove: 'groups', id: groupId }], result: {} }
    }),
})

export const describeApiGroup = operation({
  name: 'DescribeApiGroup',
  resource: ofGroup,
  handle(call) {
    const group = groupOf(call)
    return {
      ...summary(group, call),
      Status: 'NORMAL',
      CustomDomains: {
        DomainItem: group.domains.map(({ domainName, stage }) => ({
          DomainName: domainName,
          DomainBindingStatus: 'BINDING',
          DomainCNAMEStatus: 'RESOLVED',
          DomainLegalStatus: 'NORMAL',
          BindStageName: stage,
        })),
      },
      StageItems: {
        StageInfo: stages.map((stage) => ({ StageId: stageId(group.groupId, stage), StageName: stage })),
      },
    }
  },
})

export const describeApiGroups = operation({
  name: 'DescribeApiGroups',
  resource: ofGroup,
  handle(call) {
    const { catalog, parameters } = call
    const [groupId, groupName, basePath] = ['GroupId', 'GroupName', 'BasePath'].map((name) =>
      parameters.optional(name),
    )
    const found = catalog
      .all('groups')
      .filter(
        (group) =>
          (groupId === undefined || group.groupId === groupId) &&
          (groupName === undefined || group.groupName.includes(groupName)) &&
          (basePath === undefined || group.basePath === basePath),
      )
      .sort(newestFirst)
    const { page, facts } = paged(call, found)
    return {
      ...facts,
      ApiGroupAttributes: { ApiGroupAttribute: page.map((group) => summary(group, call)) },
    }
  },
})

const stageId = (groupId: string, stage: string): string => `${groupId}-${stage.toLowerCase()}`

const facts = ({ groupId, groupName, description, basePath }: GroupRecord, { subDomainOf }: Call) => ({
  GroupId: groupId,
  GroupName: groupName,
  Description: description,
  BasePath: basePath,
  SubDomain: subDomainOf(groupId),
})

const summary = (group: GroupRecord, call: Call) => ({
  ...facts(group, call),
  RegionId: call.region,
  InstanceId: 'api-shared-vpc-001',
  InstanceType: 'VPC_SHARED',
  HttpsPolicy: 'HTTPS2_TLS1_0',
  BillingStatus: 'NORMAL',
  IllegalStatus: 'NORMAL',
  TrafficLimit: 500,
  CreatedTime: group.createdTime,
  ModifiedTime: group.modifiedTime,
})

function checkGroupName(name: string): string {
  if (!/^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{3,49}$/.test(name))
    throw invalid('GroupName', 'It has 4 to 50 letters, digits and underscores, and begins with a letter.')
  return name
}

function checkNameIsFree({ catalog }: Call, { groupId, groupName }: GroupRecord): void {
  const taken = catalog
    .all('groups')
    .some((group) => group.groupName === groupName && group.groupId !== groupId)
  if (taken) throw duplicate('GroupName')
}

function basePathIn(given: string | undefined): string {
  if (given === undefined || given === '/') return '/'
  checkPathTemplate('BasePath', given)
  if (/[[\]*]/.test(given) || given.endsWith('/')) throw invalid('BasePath')
  return given
}

/** Also for other operations that name a group in passing. */
export const requireGroup = ({ catalog }: Call, groupId: string): GroupRecord => {
  const group = catalog.get('groups', groupId)
  if (!group) throw notFound('ApiGroup')
  return group
}
