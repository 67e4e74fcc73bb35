import { appOf, checkCodeIsFree, checkKeyIsFree, chosen, newAppKey, newSecret } from '../apps.ts'
import { invalid, notFound, quotaExceeded } from '../errors.ts'
import { type AppRecord, CREDENTIALS_OF_APP_MAX } from '../records.ts'
import { type Call, type Document, ofAll, ofApp, operation } from '../vocabulary.ts'

export const describeAppSecurity = operation({
  name: 'DescribeAppSecurity',
  resource: ofApp,
  handle(call) {
    const { keys, codes } = appOf(call)
    const [key] = keys
    return {
      ...(key ? { AppKey: key.appKey, AppSecret: key.appSecret } : {}),
      ...(codes[0] ? { AppCode: codes[0].appCode } : {}),
      ...(key ? { CreatedTime: key.createdTime, ModifiedTime: key.modifiedTime } : {}),
    }
  },
})

/** Keys and codes are independent; an item has one of each for as long as there are. */
export const describeAppSecurities = operation({
  name: 'DescribeAppSecurities',
  resource: ofApp,
  handle(call) {
    const { keys, codes } = appOf(call)
    const items = Array.from({ length: Math.max(keys.length, codes.length) }, (_, at) => ({
      AppKey: keys[at]?.appKey,
      AppSecret: keys[at]?.appSecret,
      AppCode: codes[at]?.appCode,
      CreatedTime: (keys[at] ?? codes[at])?.createdTime,
      ModifiedTime: (keys[at] ?? codes[at])?.modifiedTime,
    }))
    return { AppSecuritys: { AppSecurity: items } }
  },
})

const put = (call: Call, app: AppRecord) => ({
  changes: [{ put: 'apps' as const, value: { ...app, modifiedTime: call.now } }],
  result: {},
})

/** The old secret is worth nothing from then on. */
export const resetAppSecret = operation({
  name: 'ResetAppSecret',
  resource: ofAll,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const appKey = call.parameters.required('AppKey')
      const app = call.catalog.appByKey(appKey)?.app
      if (!app) throw notFound('AppKey')
      const newKey = chosen(call, 'AppKey', 'NewAppKey') ?? appKey
      if (newKey !== appKey) checkKeyIsFree(call, newKey)
      const appSecret = chosen(call, 'AppSecret', 'NewAppSecret') ?? newSecret(call)
      return put(call, {
        ...app,
        keys: app.keys.map((key) =>
          key.appKey === appKey ? { ...key, appKey: newKey, appSecret, modifiedTime: call.now } : key,
        ),
      })
    }),
})

export const resetAppCode = operation({
  name: 'ResetAppCode',
  resource: ofAll,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const appCode = call.parameters.required('AppCode')
      const app = call.catalog.appByCode(appCode)
      if (!app) throw notFound('AppCode')
      const newCode = chosen(call, 'AppCode', 'NewAppCode') ?? newSecret(call)
      if (newCode !== appCode) checkCodeIsFree(call, newCode)
      return put(call, {
        ...app,
        codes: app.codes.map((code) =>
          code.appCode === appCode ? { ...code, appCode: newCode, modifiedTime: call.now } : code,
        ),
      })
    }),
})

export const createAppKey = operation({
  name: 'CreateAppKey',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const app = appOf(call)
      if (app.keys.length >= CREDENTIALS_OF_APP_MAX) throw quotaExceeded('AppKey', CREDENTIALS_OF_APP_MAX)
      const appKey = chosen(call, 'AppKey') ?? newAppKey(call, call.catalog)
      checkKeyIsFree(call, appKey)
      const appSecret = chosen(call, 'AppSecret') ?? newSecret(call)
      const key = { appKey, appSecret, createdTime: call.now, modifiedTime: call.now }
      return put(call, { ...app, keys: [...app.keys, key] })
    }),
})

export const createAppCode = operation({
  name: 'CreateAppCode',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const app = appOf(call)
      if (app.codes.length >= CREDENTIALS_OF_APP_MAX) throw quotaExceeded('AppCode', CREDENTIALS_OF_APP_MAX)
      const appCode = chosen(call, 'AppCode') ?? newSecret(call)
      checkCodeIsFree(call, appCode)
      const code = { appCode, createdTime: call.now, modifiedTime: call.now }
      return put(call, { ...app, codes: [...app.codes, code] })
    }),
})

export const deleteAppKey = operation({
  name: 'DeleteAppKey',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const app = appOf(call)
      const appKey = call.parameters.required('AppKey')
      const keys = app.keys.filter((key) => key.appKey !== appKey)
      if (keys.length === app.keys.length) throw notFound('AppKey')
      if (keys.length === 0) throw invalid('AppKey', 'It is the last one of the app.')
      return put(call, { ...app, keys })
    }),
})

export const deleteAppCode = operation({
  name: 'DeleteAppCode',
  resource: ofApp,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const app = appOf(call)
      const appCode = call.parameters.required('AppCode')
      const codes = app.codes.filter((code) => code.appCode !== appCode)
      if (codes.length === app.codes.length) throw notFound('AppCode')
      return put(call, { ...app, codes })
    }),
})
