import { appOf } from '../apps.ts'
import type { Change } from '../catalog.ts'
import { invalid, notFound } from '../errors.ts'
import { type ApiRecord, type AppRecord, type AuthorityRecord, authorityId, type Stage } from '../records.ts'
import {
  apiOf,
  type Call,
  type Document,
  ofApp,
  ofGroup,
  operation,
  optionalStageOf,
  paged,
  stageOf,
  timeText,
} from '../vocabulary.ts'
import { requireGroup } from './groups.ts'

/** Of one request, as the vendor limits it. */
const NAMED_MAX = 100

export const setAppsAuthorities = operation({
  name: 'SetAppsAuthorities',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const apis = [apiOf(call)]
      return { changes: granted(call, apis, appsIn(call)), result: {} }
    }),
})

export const setApisAuthorities = operation({
  name: 'SetApisAuthorities',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: granted(call, apisIn(call), [appOf(call)]),
      result: {},
    })),
})

export const removeAppsAuthorities = operation({
  name: 'RemoveAppsAuthorities',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: revoked(call, [apiOf(call)], appsIn(call)),
      result: {},
    })),
})

export const removeApisAuthorities = operation({
  name: 'RemoveApisAuthorities',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: revoked(call, apisIn(call), [appOf(call)]),
      result: {},
    })),
})

const appsIn = ({ catalog, parameters }: Call): AppRecord[] =>
  parameters.list('AppIds', NAMED_MAX).map((appId) => {
    const app = catalog.get('apps', appId)
    if (!app) throw notFound('App')
    return app
  })

export const apisIn = (call: Call): ApiRecord[] =>
  call.parameters.list('ApiIds', NAMED_MAX).map((apiId) => apiOf(call, apiId))

function granted(call: Call, apis: readonly ApiRecord[], apps: readonly AppRecord[]): Change[] {
  const stage = stageOf(call)
  const until = call.parameters.optional('AuthValidTime')
  const validUntilMs = until === undefined ? undefined : timeIn(until)
  const description = call.parameters.text('Description', 180) ?? ''
  return apis.flatMap(({ apiId }) =>
    apps.map(({ appId }): Change => {
      const value: AuthorityRecord = { apiId, stage, appId, description, authorizedTime: call.now }
      return {
        put: 'authorities',
        value: validUntilMs === undefined ? value : { ...value, validUntilMs },
      }
    }),
  )
}

/** GMT: `Mon, 21 Aug 2017 09:05:00 GMT`, as the reference has it, or ISO. */
function timeIn(text: string): number {
  const timeMs = Date.parse(text)
  if (Number.isNaN(timeMs)) throw invalid('AuthValidTime')
  return timeMs
}

function revoked(call: Call, apis: readonly ApiRecord[], apps: readonly AppRecord[]): Change[] {
  const stage = stageOf(call)
  return apis.flatMap(({ apiId }) =>
    apps.map(({ appId }): Change => {
      if (!call.catalog.authority(apiId, stage, appId)) throw notFound('Authorization')
      return { remove: 'authorities', id: authorityId(apiId, stage, appId) }
    }),
  )
}

export const describeAuthorizedApps = operation({
  name: 'DescribeAuthorizedApps',
  resource: ofGroup,
  handle(call) {
    const { catalog, parameters } = call
    const { apiId } = apiOf(call)
    const stage: Stage | undefined = optionalStageOf(call)
    const [appId, appName] = ['AppId', 'AppName'].map((name) => parameters.optional(name))
    const found = catalog
      .all('authorities')
      .filter((each) => each.apiId === apiId && (stage === undefined || each.stage === stage))
      .map((authority) => ({ authority, app: catalog.get('apps', String(authority.appId)) }))
      .filter(
        ({ app }) =>
          app &&
          (appId === undefined || String(app.appId) === appId) &&
          (appName === undefined || app.appName.includes(appName)),
      )
    const { page, facts } = paged(call, found)
    return {
      ...facts,
      AuthorizedApps: {
        AuthorizedApp: page.map(({ authority, app }) => ({
          AppId: authority.appId,
          AppName: app!.appName,
          AppDescription: app!.description,
          StageName: authority.stage,
          ...grantFacts(authority),
        })),
      },
    }
  },
})

export const describeAuthorizedApis = operation({
  name: 'DescribeAuthorizedApis',
  resource: ofApp,
  handle(call) {
    const { page, facts } = paged(call, authoritiesOfApp(call))
    return {
      ...facts,
      AuthorizedApis: {
        AuthorizedApi: page.map(({ authority, api }) => ({
          ...apiFacts(call, api),
          StageName: authority.stage,
          ...grantFacts(authority),
        })),
      },
    }
  },
})

export const describeApisByApp = operation({
  name: 'DescribeApisByApp',
  resource: ofApp,
  handle(call) {
    const { page, facts } = paged(call, authoritiesOfApp(call))
    return {
      ...facts,
      AppApiRelationInfos: {
        AppApiRelationInfo: page.map(({ authority, api }) => ({
          ...apiFacts(call, api),
          Method: api.definition.requestConfig.RequestHttpMethod,
          Path: api.definition.requestConfig.RequestPath,
          StageName: authority.stage,
          CreatedTime: authority.authorizedTime,
          ...grantFacts(authority),
        })),
      },
    }
  },
})

const authoritiesOfApp = (call: Call): { authority: AuthorityRecord; api: ApiRecord }[] => {
  const { appId } = appOf(call)
  return call.catalog
    .all('authorities')
    .filter((each) => each.appId === appId)
    .flatMap((authority) => {
      const api = call.catalog.get('apis', authority.apiId)
      return api ? [{ authority, api }] : []
    })
}

const apiFacts = (call: Call, { apiId, groupId, definition }: ApiRecord) => ({
  ApiId: apiId,
  ApiName: definition.apiName,
  GroupId: groupId,
  GroupName: requireGroup(call, groupId).groupName,
  RegionId: call.region,
})

/** The vendor spells `AuthVaildTime` so. */
const grantFacts = ({ description, authorizedTime, validUntilMs }: AuthorityRecord) => ({
  Description: description,
  AuthorizedTime: authorizedTime,
  AuthorizationSource: 'CONSOLE',
  Operator: 'PROVIDER',
  ...(validUntilMs === undefined ? {} : { AuthVaildTime: timeText(validUntilMs) }),
})
