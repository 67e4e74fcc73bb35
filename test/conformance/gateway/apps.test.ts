/** Apps: their keys and codes, what they may call, and what becomes of signatures that are not good. */
import assert from 'node:assert/strict'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { http, sharedPlatform } from '../conformance.fixture.ts'
import {
  allow,
  appClient,
  call,
  deployedApi,
  errorOf,
  managementClient,
  mockService,
  models,
  newApp,
  newGroup,
  refused,
  urlOf,
} from './gateway.fixture.ts'

let client: Sdk
const bed = sharedPlatform({}, async ({ platform }) => {
  client = managementClient(platform, platform)
})

type App = Awaited<ReturnType<typeof newApp>>

/** An API for apps, and one that may call it. */
async function guarded(fields: object = {}): Promise<{ groupId: string; apiId: string; app: App }> {
  const { groupId } = await newGroup(client)
  const apiId = await deployedApi(client, {
    groupId,
    apiName: 'guarded',
    method: 'ANY',
    path: '/g',
    authType: 'APP',
    service: mockService('"in"'),
    ...fields,
  })
  const app = await newApp(client)
  await allow(client, { groupId, apiId, appId: app.appId })
  return { groupId, apiId, app }
}

interface Signing {
  method?: string
  path: string
  query?: Record<string, string>
  /** Signed. */
  signed?: Record<string, string>
  headers?: Record<string, string>
  algorithm?: string
  form?: Record<string, string>
}

/** As the reference says it, apart from any client. */
function signedHeaders(
  { appKey, appSecret }: App,
  { method = 'GET', path, query = {}, signed = {}, headers = {}, algorithm = 'sha256', form = {} }: Signing,
): Record<string, string> {
  const own: Record<string, string> = { 'x-ca-key': appKey, ...signed }
  const names = Object.keys(own).sort()
  const fields = Object.entries({ ...query, ...form }).sort(([a], [b]) => (a < b ? -1 : 1))
  const url =
    fields.length === 0
      ? path
      : `${path}?${fields.map(([key, value]) => (value ? `${key}=${value}` : key)).join('&')}`
  const fixed = ['accept', 'content-md5', 'content-type', 'date'].map((name) => `${headers[name] ?? ''}\n`)
  const lines = names.map((name) => `${name}:${own[name]}\n`)
  const text = `${method}\n${fixed.join('')}${lines.join('')}${url}`
  return {
    ...headers,
    ...own,
    'x-ca-signature-headers': names.join(','),
    'x-ca-signature': createHmac(algorithm, appSecret).update(text).digest('base64'),
  }
}

describe('an app', () => {
  test('is made with a key, a secret and a code, which can be chosen, reset, added and taken away', async () => {
    const chosen = { appKey: 'my-key-01', appSecret: 'secret-of-sixteen', appCode: 'code-of-sixteen-1' }
    const app = await newApp(client, { appName: 'chosen_app', description: 'mine', ...chosen })
    assert.deepEqual(
      [app.appKey, app.appSecret, app.appCode],
      [chosen.appKey, chosen.appSecret, chosen.appCode],
    )
    const again = await refused(
      client.createApp(new models.CreateAppRequest({ appName: 'other_app', appKey: chosen.appKey })),
    )
    assert.equal(again.code, 'DuplicateAppKey')
    const { appId } = app
    const other = await newApp(client)
    assert.match(other.appKey, /^\d{9}$/)
    assert.match(other.appSecret, /^[0-9a-f]{32}$/)
    const security = async () =>
      (await client.describeAppSecurity(new models.DescribeAppSecurityRequest({ appId }))).body
    await client.resetAppSecret(new models.ResetAppSecretRequest({ appKey: chosen.appKey }))
    assert.notEqual((await security()).appSecret, chosen.appSecret)
    await client.resetAppCode(new models.ResetAppCodeRequest({ appCode: chosen.appCode }))
    assert.notEqual((await security()).appCode, chosen.appCode)
    await client.createAppKey(new models.CreateAppKeyRequest({ appId: String(appId), appKey: 'my-key-02' }))
    await client.createAppCode(new models.CreateAppCodeRequest({ appId: String(appId) }))
    const { body } = await client.describeAppSecurities(new models.DescribeAppSecuritiesRequest({ appId }))
    assert.deepEqual(
      body.appSecuritys.appSecurity.map(({ appKey }: Sdk) => appKey),
      ['my-key-01', 'my-key-02'],
    )
    await client.deleteAppKey(new models.DeleteAppKeyRequest({ appId: String(appId), appKey: 'my-key-01' }))
    assert.equal((await security()).appKey, 'my-key-02')
    const last = client.deleteAppKey(
      new models.DeleteAppKeyRequest({ appId: String(appId), appKey: 'my-key-02' }),
    )
    assert.equal((await refused(last)).code, 'InvalidAppKey')
    await client.modifyApp(new models.ModifyAppRequest({ appId, appName: 'renamed_app', disabled: true }))
    const described = (await client.describeApp(new models.DescribeAppRequest({ appId }))).body
    assert.deepEqual(
      [described.appName, described.description, described.disabled],
      ['renamed_app', 'mine', true],
    )
    const found = await client.describeAppAttributes(
      new models.DescribeAppAttributesRequest({ appName: 'renamed' }),
    )
    assert.equal(found.body.apps.appAttribute[0].appId, appId)
    await client.deleteApp(new models.DeleteAppRequest({ appId }))
    assert.equal(
      (await refused(client.describeApp(new models.DescribeAppRequest({ appId })))).code,
      'NotFoundApp',
    )
  })

  test('calls what it is authorized for, in that stage, until then, and not when it is disabled', async () => {
    const { groupId, apiId, app } = await guarded()
    const url = `${urlOf(bed.platform, groupId)}/g`
    const codeOfCall = async (stage = 'RELEASE') =>
      appClient(app, stage)
        .get(url)
        .then(
          () => 'in',
          (error: Sdk) => error.data.headers['x-ca-error-code'],
        )
    assert.equal(await codeOfCall(), 'in')
    await client.deployApi(
      new models.DeployApiRequest({ groupId, apiId, stageName: 'TEST', description: 'd' }),
    )
    assert.equal(await codeOfCall('TEST'), 'I403AA')

    const { appId } = app
    const apps = await client.describeAuthorizedApps(
      new models.DescribeAuthorizedAppsRequest({ groupId, apiId, stageName: 'RELEASE' }),
    )
    assert.deepEqual(
      apps.body.authorizedApps.authorizedApp.map((each: Sdk) => [each.appId, each.stageName]),
      [[appId, 'RELEASE']],
    )
    const apis = await client.describeAuthorizedApis(new models.DescribeAuthorizedApisRequest({ appId }))
    assert.equal(apis.body.authorizedApis.authorizedApi[0].apiId, apiId)

    await allow(
      client,
      { groupId, apiId, appId },
      { authValidTime: new Date(Date.now() - 60_000).toUTCString() },
    )
    assert.equal(await codeOfCall(), 'A403EP')
    await allow(
      client,
      { groupId, apiId, appId },
      { authValidTime: new Date(Date.now() + 3_600_000).toUTCString() },
    )
    assert.equal(await codeOfCall(), 'in')
    await client.modifyApp(new models.ModifyAppRequest({ appId, disabled: true }))
    assert.equal(await codeOfCall(), 'I403AA')
    await client.modifyApp(new models.ModifyAppRequest({ appId, disabled: false }))
    const one = { groupId, apiId, appIds: String(appId), stageName: 'RELEASE' }
    await client.removeAppsAuthorities(new models.RemoveAppsAuthoritiesRequest(one))
    assert.equal(await codeOfCall(), 'I403AA')
    const gone = client.removeAppsAuthorities(new models.RemoveAppsAuthoritiesRequest(one))
    assert.equal((await refused(gone)).code, 'NotFoundAuthorization')
    const byApp = { appId, apiIds: apiId, groupId, stageName: 'RELEASE' }
    await client.setApisAuthorities(new models.SetApisAuthoritiesRequest(byApp))
    assert.equal(await codeOfCall(), 'in')
    await client.resetAppSecret(new models.ResetAppSecretRequest({ appKey: app.appKey }))
    assert.equal(await codeOfCall(), 'A403IS')
  })
})

describe('a signature', () => {
  test('of a form signs its fields, and HmacSHA1 is for APIs that allow it', async () => {
    const { groupId, app } = await guarded({ allowSignatureMethod: 'HmacSHA1,HmacSHA256' })
    const path = `/proxy/${groupId}/g`
    const post = (algorithm: string, named: string, form: Record<string, string>) => {
      const headers = signedHeaders(app, {
        method: 'POST',
        path,
        algorithm,
        form: { b: '是', a: '' },
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
      return call(bed, groupId, '/g', {
        method: 'POST',
        headers: { ...headers, 'x-ca-signature-method': named },
        body: new URLSearchParams(form).toString(),
      })
    }
    assert.equal((await post('sha256', 'HmacSHA256', { b: '是', a: '' })).status, 200)
    assert.equal((await post('sha1', 'HmacSHA1', { b: '是', a: '' })).status, 200)
    assert.deepEqual(errorOf(await post('sha1', 'HmacSHA256', { b: '是', a: '' })).slice(0, 2), [
      403,
      'A403IS',
    ])
    assert.deepEqual(errorOf(await post('sha256', 'HmacSHA256', { b: '否', a: '' })).slice(0, 2), [
      403,
      'A403IS',
    ])
    const strict = await guarded()
    const headers = signedHeaders(strict.app, { path: `/proxy/${strict.groupId}/g`, algorithm: 'sha1' })
    const refusedMethod = await call(bed, strict.groupId, '/g', {
      headers: { ...headers, 'x-ca-signature-method': 'HmacSHA1' },
    })
    assert.deepEqual(errorOf(refusedMethod).slice(0, 2), [400, 'I400HD'])
  })

  test('is refused with a key, a time, a body or a nonce that is not good', async () => {
    const { groupId, app } = await guarded({ forceNonceCheck: true })
    const path = `/proxy/${groupId}/g`
    const fresh = () => ({ 'x-ca-timestamp': String(Date.now()), 'x-ca-nonce': randomUUID() })
    const sent = (headers: Record<string, string>, body?: string) =>
      call(bed, groupId, '/g', {
        method: body === undefined ? 'GET' : 'POST',
        headers,
        ...(body === undefined ? {} : { body }),
      })
    const codeOf = async (answer: ReturnType<typeof sent>) => errorOf(await answer)[1] ?? 'in'

    const good = signedHeaders(app, { path, signed: fresh() })
    assert.equal(await codeOf(sent(good)), 'in')
    assert.equal(await codeOf(sent(good)), 'S403NU')
    // Another nonce that nobody signed does not make the same request another one.
    const halfSigned = { ...signedHeaders(app, { path }), 'x-ca-nonce': 'a' }
    assert.equal(await codeOf(sent(halfSigned)), 'in')
    assert.equal(await codeOf(sent({ ...halfSigned, 'x-ca-nonce': 'b' })), 'S403NU')
    assert.equal(
      await codeOf(sent(signedHeaders(app, { path, signed: { 'x-ca-timestamp': String(Date.now()) } }))),
      'I400NC',
    )
    const at = (skewMs: number) => ({ ...fresh(), 'x-ca-timestamp': String(Date.now() + skewMs) })
    for (const skewMs of [-16 * 60_000, 16 * 60_000])
      assert.equal(await codeOf(sent(signedHeaders(app, { path, signed: at(skewMs) }))), 'S403TE')
    assert.equal(
      await codeOf(sent(signedHeaders({ ...app, appKey: '1' }, { path, signed: fresh() }))),
      'A400IK',
    )
    assert.equal(await codeOf(sent({ 'x-ca-key': app.appKey })), 'I400MH')
    assert.equal(
      await codeOf(sent({ ...signedHeaders(app, { path, signed: fresh() }), accept: 'other' })),
      'A403IS',
    )
    const md5 = createHash('md5').update('{}').digest('base64')
    const post = () =>
      signedHeaders(app, {
        method: 'POST',
        path,
        signed: fresh(),
        headers: { 'content-md5': md5, 'content-type': 'application/json' },
      })
    assert.equal(await codeOf(sent(post(), '{}')), 'in')
    assert.equal(await codeOf(sent(post(), '{"a":1}')), 'I400I5')
  })
})

test('a code is enough where the API says so, in the header or also in the query', async () => {
  const inHeader = await guarded({ appCodeAuthType: 'HEADER' })
  const anywhere = await guarded({ appCodeAuthType: 'HEADER_QUERY' })
  const nowhere = await guarded()
  const codeOf = async (at: typeof nowhere, appCode: string, where: 'header' | 'query') =>
    errorOf(
      await call(
        bed,
        at.groupId,
        where === 'query' ? `/g?AppCode=${appCode}` : '/g',
        where === 'header' ? { headers: { authorization: `APPCODE ${appCode}` } } : {},
      ),
    )[1] ?? 'in'
  assert.equal(await codeOf(inHeader, inHeader.app.appCode, 'header'), 'in')
  assert.equal(await codeOf(inHeader, inHeader.app.appCode, 'query'), 'A400MA')
  assert.equal(await codeOf(anywhere, anywhere.app.appCode, 'query'), 'in')
  assert.equal(await codeOf(anywhere, 'wrong', 'query'), 'A400AC')
  assert.equal(await codeOf(inHeader, anywhere.app.appCode, 'header'), 'I403AA')
  assert.equal(await codeOf(nowhere, nowhere.app.appCode, 'header'), 'A400AC')
})

test('secrets of apps are in no log', async () => {
  const { app } = await guarded()
  await http(bed.platform.endpoints.apigateway)
  for (const secret of [app.appSecret, app.appCode]) assert.equal(bed.platform.log().includes(secret), false)
})
