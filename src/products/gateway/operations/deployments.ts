import type { Change } from '../catalog.ts'
import { notFound } from '../errors.ts'
import {
  type DeploymentRecord,
  deploymentId,
  HISTORY_MAX,
  historyKey,
  historyPrefix,
  type Stage,
} from '../records.ts'
import { describedApi } from '../rendering/api.ts'
import {
  apiOf,
  type Call,
  type Document,
  ofGroup,
  operation,
  optionalStageOf,
  paged,
  stageOf,
} from '../vocabulary.ts'
import { requireGroup } from './groups.ts'

export const deployApi = operation({
  name: 'DeployApi',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(async () => {
      const { groupId, apiId, definition, madeBy } = apiOf(call)
      const stage = stageOf(call)
      call.parameters.required('Description')
      return deploying(call, {
        groupId,
        apiId,
        stage,
        definition,
        madeBy,
        version: versionAfter(call, call.catalog.deployment(apiId, stage)?.version),
        description: call.parameters.text('Description', 180) ?? '',
        deployedTime: call.now,
      })
    }),
})

/** Goes back, or on, to a version of the history. */
export const switchApi = operation({
  name: 'SwitchApi',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(async () => {
      const deployment = { ...(await earlierOf(call)), deployedTime: call.now }
      return { changes: [{ put: 'deployments', value: deployment }], result: {} }
    }),
})

export const abolishApi = operation({
  name: 'AbolishApi',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { apiId } = apiOf(call)
      const stage = stageOf(call)
      if (!call.catalog.deployment(apiId, stage)) throw notFound('Deployment')
      return { changes: [{ remove: 'deployments', id: deploymentId(apiId, stage) }], result: {} }
    }),
})

async function deploying({ records }: Call, deployment: DeploymentRecord) {
  const { apiId, stage, version } = deployment
  const history = await records.list({ prefix: historyPrefix(apiId, stage), limit: HISTORY_MAX + 10 })
  const changes: Change[] = [
    { put: 'deployments', value: deployment },
    { raw: { put: historyKey(apiId, stage, version), value: deployment } },
    ...history
      .slice(0, Math.max(0, history.length + 1 - HISTORY_MAX))
      .map(({ key }): Change => ({ raw: { remove: key } })),
  ]
  return { changes, result: {} }
}

/** `20260105104552292`: the time in milliseconds, and later than that before. */
function versionAfter({ clock }: Call, before: string | undefined): string {
  const now = new Date(clock.now()).toISOString().replace(/\D/g, '')
  return before !== undefined && BigInt(now) <= BigInt(before) ? String(BigInt(before) + 1n) : now
}

export const describeDeployedApi = operation({
  name: 'DescribeDeployedApi',
  resource: ofGroup,
  handle(call) {
    const { groupId, definition, ...deployment } = deploymentOf(call)
    return {
      ...describedApi(definition),
      ApiId: deployment.apiId,
      GroupId: groupId,
      GroupName: requireGroup(call, groupId).groupName,
      RegionId: call.region,
      StageName: deployment.stage,
      DeployedTime: deployment.deployedTime,
    }
  },
})

function deploymentOf(call: Call): DeploymentRecord {
  const deployment = call.catalog.deployment(apiOf(call).apiId, stageOf(call))
  if (!deployment) throw notFound('Deployment')
  return deployment
}

export const describeDeployedApis = operation({
  name: 'DescribeDeployedApis',
  resource: ofGroup,
  handle(call) {
    const { catalog, parameters } = call
    const [groupId, apiId, apiName] = ['GroupId', 'ApiId', 'ApiName'].map((name) => parameters.optional(name))
    const stage = optionalStageOf(call)
    const found = catalog
      .all('deployments')
      .filter(
        (each) =>
          (groupId === undefined || each.groupId === groupId) &&
          (apiId === undefined || each.apiId === apiId) &&
          (apiName === undefined || each.definition.apiName.includes(apiName)) &&
          (stage === undefined || each.stage === stage),
      )
      .sort((a, b) => (a.version < b.version ? 1 : -1))
    const { page, facts } = paged(call, found)
    return {
      ...facts,
      DeployedApis: {
        DeployedApiItem: page.map(({ definition, ...each }) => ({
          ApiId: each.apiId,
          ApiName: definition.apiName,
          ApiMethod: definition.requestConfig.RequestHttpMethod,
          ApiPath: definition.requestConfig.RequestPath,
          Description: each.description,
          Visibility: definition.visibility,
          GroupId: each.groupId,
          GroupName: requireGroup(call, each.groupId).groupName,
          RegionId: call.region,
          StageName: each.stage,
          DeployedTime: each.deployedTime,
        })),
      },
    }
  },
})

export const describeApiHistories = historiesOperation('DescribeApiHistories')
/** Its older name. */
export const describeHistoryApis = historiesOperation('DescribeHistoryApis')

function historiesOperation(name: string) {
  return operation({
    name,
    resource: ofGroup,
    async handle(call) {
      const { apiId, groupId } = apiOf(call)
      const stage = optionalStageOf(call)
      const listed = await call.records.list<DeploymentRecord>({
        prefix: historyPrefix(apiId, stage),
        limit: 3 * (HISTORY_MAX + 1),
      })
      const found = listed.map(({ value }) => value).sort((a, b) => (a.version < b.version ? 1 : -1))
      const { page, facts } = paged(call, found)
      const isOnline = (each: { stage: Stage; version: string }) =>
        call.catalog.deployment(apiId, each.stage)?.version === each.version
      return {
        ...facts,
        ApiHisItems: {
          ApiHisItem: page.map((each) => ({
            ApiId: apiId,
            ApiName: each.definition.apiName,
            GroupId: groupId,
            GroupName: requireGroup(call, groupId).groupName,
            RegionId: call.region,
            StageName: each.stage,
            HistoryVersion: each.version,
            Status: isOnline(each) ? 'ONLINE' : 'OFFLINE',
            Description: each.description,
            DeployedTime: each.deployedTime,
          })),
        },
      }
    },
  })
}

export const describeApiHistory = operation({
  name: 'DescribeApiHistory',
  resource: ofGroup,
  async handle(call) {
    const { apiId, groupId } = apiOf(call)
    const { definition, deployedTime } = await earlierOf(call)
    return {
      ...describedApi(definition),
      ApiId: apiId,
      GroupId: groupId,
      GroupName: requireGroup(call, groupId).groupName,
      RegionId: call.region,
      StageName: stageOf(call),
      HistoryVersion: call.parameters.required('HistoryVersion'),
      DeployedTime: deployedTime,
    }
  },
})

/** The deployment that the call names by its version. */
async function earlierOf(call: Call): Promise<DeploymentRecord> {
  const { apiId } = apiOf(call)
  const version = call.parameters.required('HistoryVersion')
  const found = /^\d{17,20}$/.test(version)
    ? await call.records.get<DeploymentRecord>(historyKey(apiId, stageOf(call), version))
    : undefined
  if (!found) throw notFound('HistoryVersion')
  return found.value
}
