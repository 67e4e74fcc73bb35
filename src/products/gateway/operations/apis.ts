import { checkBackendAccess } from '../backend-access.ts'
import { type ApiDefinition, readDefinition } from '../definition/definition.ts'
import { shapeOf } from '../definition/path-template.ts'
import { duplicate, inUse, quotaExceeded } from '../errors.ts'
import { APIS_OF_GROUP_MAX, type ApiRecord, historyPrefix, stages } from '../records.ts'
import { describedApi } from '../rendering/api.ts'
import { checkTags } from '../tags.ts'
import {
  apiOf,
  type Call,
  type Document,
  groupOf,
  newestFirst,
  newHexId,
  ofGroup,
  operation,
  optionalStageOf,
  paged,
} from '../vocabulary.ts'
import { requireGroup } from './groups.ts'

export const createApi = operation({
  name: 'CreateApi',
  resource: ofGroup,
  async handle(call) {
    const { parameters } = call
    groupOf(call)
    checkTags(parameters)
    for (const name of ['RequestConfig', 'ServiceConfig', 'ApiName']) parameters.required(name)
    const definition = readDefinition(parameters)
    checkBackendAccess(call, definition.serviceConfig)
    return call.catalog.change<Document>(() => {
      const { groupId } = groupOf(call)
      const api = newApi(call, groupId, definition)
      checkIsNew(api, call.catalog.all('apis'))
      return { changes: [{ put: 'apis', value: api }], result: { ApiId: api.apiId } }
    })
  },
})

export const newApi = (call: Call, groupId: string, definition: ApiDefinition): ApiRecord => ({
  groupId,
  apiId: newHexId(call),
  definition,
  madeBy: call.madeBy,
  createdTime: call.now,
  modifiedTime: call.now,
})

/** Names are unique within a group, and so are method and path. Throws `ApiError`. */
export function checkIsNew({ groupId, apiId, definition }: ApiRecord, all: readonly ApiRecord[]): void {
  const others = all.filter((other) => other.groupId === groupId && other.apiId !== apiId)
  if (others.length >= APIS_OF_GROUP_MAX) throw quotaExceeded('Api', APIS_OF_GROUP_MAX)
  if (others.some((other) => other.definition.apiName === definition.apiName)) throw duplicate('ApiName')
  const route = routeOf(definition)
  if (others.some((other) => routeOf(other.definition) === route)) throw duplicate('RequestPath')
}

export const routeOf = ({ requestConfig }: ApiDefinition): string =>
  `${requestConfig.RequestHttpMethod} ${shapeOf(requestConfig.RequestPath)}`

/** What is deployed stays as it is until it is deployed again. */
export const modifyApi = operation({
  name: 'ModifyApi',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const before = apiOf(call)
      const definition = readDefinition(call.parameters, before.definition)
      const isBackendGiven = call.parameters.optional('ServiceConfig') !== undefined
      if (isBackendGiven) checkBackendAccess(call, definition.serviceConfig)
      const api: ApiRecord = {
        ...before,
        definition,
        ...(isBackendGiven ? { madeBy: call.madeBy } : {}),
        modifiedTime: call.now,
      }
      checkIsNew(api, call.catalog.all('apis'))
      return { changes: [{ put: 'apis', value: api }], result: {} }
    }),
})

export const deleteApi = operation({
  name: 'DeleteApi',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(async () => {
      const { catalog, records } = call
      const { apiId } = apiOf(call)
      if (stages.some((stage) => catalog.deployment(apiId, stage)))
        throw inUse('Api', 'it is deployed in a stage')
      const history = await records.list({ prefix: historyPrefix(apiId), limit: 1000 })
      return {
        changes: [
          { remove: 'apis', id: apiId },
          ...catalog
            .all('authorities')
            .filter((authority) => authority.apiId === apiId)
            .map(({ stage, appId }) => ({
              remove: 'authorities' as const,
              id: `${apiId}/${stage}/${appId}`,
            })),
          ...catalog
            .all('bindings')
            .filter((binding) => binding.apiId === apiId)
            .map(({ stage, kind }) => ({ remove: 'bindings' as const, id: `${apiId}/${stage}/${kind}` })),
          ...history.map(({ key }) => ({ raw: { remove: key } })),
        ],
        result: {},
      }
    }),
})

export const describeApi = operation({
  name: 'DescribeApi',
  resource: ofGroup,
  handle(call) {
    const { apiId, groupId, definition, createdTime, modifiedTime } = apiOf(call)
    return {
      ...describedApi(definition),
      ApiId: apiId,
      GroupId: groupId,
      GroupName: requireGroup(call, groupId).groupName,
      RegionId: call.region,
      CreatedTime: createdTime,
      ModifiedTime: modifiedTime,
      DeployedInfos: { DeployedInfo: deployedInfos(call, apiId) },
    }
  },
})

export const describeApis = operation({
  name: 'DescribeApis',
  resource: ofGroup,
  handle(call) {
    const { catalog, parameters } = call
    const [groupId, apiId, apiName, method, path, visibility] = [
      'GroupId',
      'ApiId',
      'ApiName',
      'ApiMethod',
      'ApiPath',
      'Visibility',
    ].map((name) => parameters.optional(name))
    const stage = optionalStageOf(call)
    const onlyUndeployed = parameters.boolean('UnDeployed') ?? false
    const found = catalog
      .all('apis')
      .filter(
        ({ definition, ...api }) =>
          (groupId === undefined || api.groupId === groupId) &&
          (apiId === undefined || api.apiId === apiId) &&
          (apiName === undefined || definition.apiName.includes(apiName)) &&
          (method === undefined || definition.requestConfig.RequestHttpMethod === method) &&
          (path === undefined || definition.requestConfig.RequestPath.includes(path)) &&
          (visibility === undefined || definition.visibility === visibility) &&
          (stage === undefined || catalog.deployment(api.apiId, stage) !== undefined) &&
          (!onlyUndeployed || !stages.some((each) => catalog.deployment(api.apiId, each))),
      )
      .sort(newestFirst)
    const { page, facts } = paged(call, found)
    return {
      ...facts,
      ApiSummarys: {
        ApiSummary: page.map(({ definition, ...api }) => ({
          ApiId: api.apiId,
          ApiName: definition.apiName,
          ApiMethod: definition.requestConfig.RequestHttpMethod,
          ApiPath: definition.requestConfig.RequestPath,
          Description: definition.description,
          Visibility: definition.visibility,
          GroupId: api.groupId,
          GroupName: requireGroup(call, api.groupId).groupName,
          RegionId: call.region,
          CreatedTime: api.createdTime,
          ModifiedTime: api.modifiedTime,
          DeployedInfos: { DeployedInfo: deployedInfos(call, api.apiId) },
        })),
      },
    }
  },
})

const deployedInfos = ({ catalog }: Call, apiId: string) =>
  stages.map((stage) => {
    const deployment = catalog.deployment(apiId, stage)
    return {
      StageName: stage,
      DeployedStatus: deployment ? 'DEPLOYED' : 'NONDEPLOYED',
      EffectiveVersion: deployment?.version,
    }
  })
