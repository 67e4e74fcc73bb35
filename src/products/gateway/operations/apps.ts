import {
  appOf,
  checkAppName,
  checkCodeIsFree,
  checkKeyIsFree,
  chosen,
  newAppId,
  newAppKey,
  newSecret,
} from '../apps.ts'
import { duplicate, quotaExceeded } from '../errors.ts'
import { APPS_MAX, type AppRecord, authorityId } from '../records.ts'
import { checkTags } from '../tags.ts'
import { type Call, type Document, newestFirst, ofApp, operation, paged } from '../vocabulary.ts'

export const createApp = operation({
  name: 'CreateApp',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { catalog, parameters, now } = call
      checkTags(parameters)
      if (catalog.count('apps') >= APPS_MAX) throw quotaExceeded('App', APPS_MAX)
      const appKey = chosen(call, 'AppKey') ?? newAppKey(call, catalog)
      const appCode = chosen(call, 'AppCode') ?? newSecret(call)
      checkKeyIsFree(call, appKey)
      checkCodeIsFree(call, appCode)
      const dated = { createdTime: now, modifiedTime: now }
      const app: AppRecord = {
        appId: newAppId(call, catalog),
        appName: checkAppName(parameters.required('AppName')),
        description: parameters.text('Description', 180) ?? '',
        extend: parameters.text('Extend', 2048) ?? '',
        disabled: false,
        keys: [{ appKey, appSecret: chosen(call, 'AppSecret') ?? newSecret(call), ...dated }],
        codes: [{ appCode, ...dated }],
        ...dated,
      }
      checkNameIsFree(call, app)
      return { changes: [{ put: 'apps', value: app }], result: { AppId: app.appId } }
    }),
})

export const modifyApp = operation({
  name: 'ModifyApp',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters } = call
      checkTags(parameters)
      const before = appOf(call)
      const appName = parameters.optional('AppName')
      const app: AppRecord = {
        ...before,
        ...(appName === undefined ? {} : { appName: checkAppName(appName) }),
        description: parameters.text('Description', 180) ?? before.description,
        extend: parameters.text('Extend', 2048) ?? before.extend,
        disabled: parameters.boolean('Disabled') ?? before.disabled,
        modifiedTime: call.now,
      }
      checkNameIsFree(call, app)
      return { changes: [{ put: 'apps', value: app }], result: {} }
    }),
})

function checkNameIsFree({ catalog }: Call, { appId, appName }: AppRecord): void {
  if (catalog.all('apps').some((app) => app.appName === appName && app.appId !== appId))
    throw duplicate('AppName')
}

export const deleteApp = operation({
  name: 'DeleteApp',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { appId } = appOf(call)
      const authorities = call.catalog.all('authorities').filter((authority) => authority.appId === appId)
      return {
        changes: [
          { remove: 'apps', id: String(appId) },
          ...authorities.map(({ apiId, stage }) => ({
            remove: 'authorities' as const,
            id: authorityId(apiId, stage, appId),
          })),
        ],
        result: {},
      }
    }),
})

export const describeApp = operation({
  name: 'DescribeApp',
  resource: ofApp,
  handle: (call) => attributes(appOf(call)),
})

export const describeApps = operation({
  name: 'DescribeApps',
  resource: ofApp,
  handle(call) {
    const { catalog, parameters, accountId } = call
    const [appId, owner] = ['AppId', 'AppOwner'].map((name) => parameters.optional(name))
    const found = catalog
      .all('apps')
      .filter(
        (app) =>
          (appId === undefined || String(app.appId) === appId) &&
          (owner === undefined || owner === accountId),
      )
      .sort(newestFirst)
    const { page, facts } = paged(call, found)
    return {
      ...facts,
      Apps: {
        AppItem: page.map(({ appId, appName, description }) => ({
          AppId: appId,
          AppName: appName,
          Description: description,
        })),
      },
    }
  },
})

export const describeAppAttributes = operation({
  name: 'DescribeAppAttributes',
  resource: ofApp,
  handle(call) {
    const { catalog, parameters } = call
    const [appId, appName, appKey, appCode] = ['AppId', 'AppName', 'AppKey', 'AppCode'].map((name) =>
      parameters.optional(name),
    )
    const found = catalog
      .all('apps')
      .filter(
        (app) =>
          (appId === undefined || String(app.appId) === appId) &&
          (appName === undefined || app.appName.includes(appName)) &&
          (appKey === undefined || app.keys.some((key) => key.appKey === appKey)) &&
          (appCode === undefined || app.codes.some((code) => code.appCode === appCode)),
      )
      .sort(newestFirst)
    const { page, facts } = paged(call, found)
    return { ...facts, Apps: { AppAttribute: page.map(attributes) } }
  },
})

const attributes = (app: AppRecord) => ({
  AppId: app.appId,
  AppName: app.appName,
  Description: app.description,
  Extend: app.extend,
  Disabled: app.disabled,
  CreatedTime: app.createdTime,
  ModifiedTime: app.modifiedTime,
})
