/** Traffic, addresses, tokens, pages of other origins, kept answers and signatures for backends: as policies and as plugins. */
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { type CryptoKey, exportJWK, importPKCS8, SignJWT } from 'jose'
import { createFunction, httpTrigger, type Sdk } from '../../clients.fixture.ts'
import { sharedPlatform } from '../conformance.fixture.ts'
import {
  allow,
  appClient,
  call,
  deployedApi,
  echoFunction,
  errorOf,
  eventService,
  managementClient,
  mockService,
  models,
  newApp,
  newGroup,
  refused,
  urlOf,
} from './gateway.fixture.ts'

let client: Sdk
let privateKey: CryptoKey
let jwk: object
const bed = sharedPlatform({}, async ({ platform, client: functions }) => {
  client = managementClient(platform, platform)
  await echoFunction(functions, 'echo')
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  privateKey = await importPKCS8(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 'RS256')
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
})

const token = (claims: object, { expiresIn = '1h', kid = 'k1' }: { expiresIn?: string; kid?: string } = {}) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setExpirationTime(expiresIn)
    .sign(privateKey)

let plugins = 0
/** Makes a plugin and attaches it. */
async function plugin(
  groupId: string,
  apiId: string,
  pluginType: string,
  data: object | string,
): Promise<string> {
  const { body } = await client.createPlugin(
    new models.CreatePluginRequest({
      pluginName: `plugin_${++plugins}`,
      pluginType,
      pluginData: typeof data === 'string' ? data : JSON.stringify(data),
    }),
  )
  const { pluginId } = body
  await client.attachPlugin(
    new models.AttachPluginRequest({ pluginId, groupId, apiId, stageName: 'RELEASE' }),
  )
  return pluginId
}

async function opened(service: object, fields: object = {}): Promise<{ groupId: string; apiId: string }> {
  const { groupId } = await newGroup(client)
  const apiId = await deployedApi(client, { groupId, apiName: 'opened', path: '/o', service, ...fields })
  return { groupId, apiId }
}

const times = async (
  count: number,
  act: () => Promise<string | undefined>,
): Promise<(string | undefined)[]> => {
  const all: (string | undefined)[] = []
  for (let each = 0; each < count; each++) all.push(await act())
  return all
}

describe('traffic control', () => {
  test('bounds calls by API and app, with special limits, and is told of', async () => {
    const { groupId, apiId } = await opened(mockService('"in"'), { authType: 'APP' })
    const [one, two] = [await newApp(client), await newApp(client)]
    for (const { appId } of [one, two]) await allow(client, { groupId, apiId, appId })
    const { trafficControlId } = (
      await client.createTrafficControl(
        new models.CreateTrafficControlRequest({
          trafficControlName: 'a_few_a_day',
          trafficControlUnit: 'DAY',
          apiDefault: 5,
          appDefault: 2,
        }),
      )
    ).body
    const control = { trafficControlId }
    await client.addTrafficSpecialControl(
      new models.AddTrafficSpecialControlRequest({
        ...control,
        specialType: 'APP',
        specialKey: String(two.appId),
        trafficValue: 4,
      }),
    )
    const at = { ...control, groupId, apiIds: apiId, stageName: 'RELEASE' }
    await client.setTrafficControlApis(new models.SetTrafficControlApisRequest(at))
    const codeOf = (app: typeof one) => () =>
      appClient(app)
        .get(`${urlOf(bed.platform, groupId)}/o`)
        .then(
          () => 'in',
          (error: Sdk) => error.data.headers['x-ca-error-message'],
        )
    assert.deepEqual(await times(3, codeOf(one)), ['in', 'in', 'Throttled by APP Flow Control'])
    assert.deepEqual(await times(4, codeOf(two)), ['in', 'in', 'in', 'Throttled by API Flow Control'])

    const { body } = await client.describeTrafficControls(new models.DescribeTrafficControlsRequest(control))
    const [described] = body.trafficControls.trafficControl
    assert.deepEqual(
      [described.trafficControlUnit, described.apiDefault, described.appDefault, described.userDefault],
      ['DAY', 5, 2, undefined],
    )
    assert.equal(described.specialPolicies.specialPolicy[0].specials.special[0].trafficValue, 4)
    const apis = await client.describeApisByTrafficControl(
      new models.DescribeApisByTrafficControlRequest(control),
    )
    assert.equal(apis.body.apiInfos.apiInfo[0].apiId, apiId)
    await client.removeTrafficControlApis(new models.RemoveTrafficControlApisRequest(at))
    assert.deepEqual(await times(2, codeOf(one)), ['in', 'in'])
    await client.deleteTrafficControl(new models.DeleteTrafficControlRequest(control))
    const wrong = client.createTrafficControl(
      new models.CreateTrafficControlRequest({
        trafficControlName: 'wrong',
        trafficControlUnit: 'DAY',
        apiDefault: 1,
        appDefault: 2,
      }),
    )
    assert.equal((await refused(wrong)).code, 'InvalidAppDefault')
  })

  test('as a plugin bounds anybody’s calls, at once when it is attached and changed', async () => {
    const { groupId, apiId } = await opened(mockService('x'))
    const pluginId = await plugin(groupId, apiId, 'trafficControl', 'unit: DAY\napiDefault: 2')
    const status = async () => String((await call(bed, groupId, '/o')).status)
    assert.deepEqual(await times(3, status), ['200', '200', '429'])
    await client.modifyPlugin(
      new models.ModifyPluginRequest({ pluginId, pluginData: 'unit: DAY\napiDefault: 3' }),
    )
    assert.deepEqual(await times(2, status), ['200', '429'])
    const detach = { pluginId, groupId, apiId, stageName: 'RELEASE' }
    await client.detachPlugin(new models.DetachPluginRequest(detach))
    assert.deepEqual(await times(1, status), ['200'])
    assert.equal(
      (await refused(client.detachPlugin(new models.DetachPluginRequest(detach)))).code,
      'NotFoundBinding',
    )
  })
})

test('IP control lets addresses in or keeps them out, for all or for an app', async () => {
  const { groupId, apiId } = await opened(mockService('x'))
  const make = async (ipControlType: string, cidrIp: string) => {
    const { ipControlId } = (
      await client.createIpControl(
        new models.CreateIpControlRequest({
          ipControlName: 'addresses',
          ipControlType,
          ipControlPolicys: [{ cidrIp }],
        }),
      )
    ).body
    const at = { ipControlId, groupId, apiIds: apiId, stageName: 'RELEASE' }
    await client.setIpControlApis(new models.SetIpControlApisRequest(at))
    return ipControlId as string
  }
  const codeNow = async (headers = {}) => errorOf(await call(bed, groupId, '/o', { headers }))[1] ?? 'in'
  await make('ALLOW', '10.0.0.0/8;192.168.1.1')
  // What a header says of the address is not believed.
  assert.equal(await codeNow({ 'x-forwarded-for': '10.1.1.1' }), 'A403IP')
  const ipControlId = await make('REFUSE', '10.0.0.0/8')
  assert.equal(await codeNow(), 'in')
  const added = await client.addIpControlPolicyItem(
    new models.AddIpControlPolicyItemRequest({ ipControlId, cidrIp: '127.0.0.0/8;::1' }),
  )
  assert.equal(await codeNow(), 'A403IP')
  const items = await client.describeIpControlPolicyItems(
    new models.DescribeIpControlPolicyItemsRequest({ ipControlId }),
  )
  assert.equal(items.body.totalCount, 2)
  const { policyItemId } = added.body
  await client.removeIpControlPolicyItem(
    new models.RemoveIpControlPolicyItemRequest({ ipControlId, policyItemIds: policyItemId }),
  )
  assert.equal(await codeNow(), 'in')
  await plugin(groupId, apiId, 'ipControl', { type: 'ALLOW', items: [{ blocks: ['1.2.3.4'] }] })
  assert.equal(await codeNow(), 'A403IP')
})

describe('a token', () => {
  test('of OpenID is asked for where the API says so', async () => {
    const openIdConnectConfig = {
      OpenIdApiType: 'BUSINESS',
      IdTokenParamName: 'id_token',
      PublicKeyId: 'k1',
      PublicKey: JSON.stringify(jwk),
    }
    const { groupId } = await opened(mockService('x'), { authType: 'OPENID', openIdConnectConfig })
    const codeOf = async (path: string, headers = {}) =>
      errorOf(await call(bed, groupId, path, { headers }))[1] ?? 'in'
    const good = await token({ sub: 'ann' })
    assert.equal(await codeOf(`/o?id_token=${good}`), 'in')
    assert.equal(await codeOf('/o', { id_token: good }), 'in')
    assert.equal(await codeOf('/o'), 'I400JR')
    assert.equal(await codeOf(`/o?id_token=${good.slice(0, -8)}AAAAAAAA`), 'A403JT')
    assert.equal(await codeOf(`/o?id_token=${await token({}, { expiresIn: '-1m' })}`), 'A403JT')
  })

  test('by a plugin hands its claims on, in the place of what the client says, and counts once if it shall', async () => {
    const { groupId, apiId } = await opened(eventService('echo'), { request: { RequestMode: 'PASSTHROUGH' } })
    const claimParameters = [
      { claimName: 'sub', parameterName: 'X-User', location: 'header' },
      { claimName: 'tenant', parameterName: 'tenant', location: 'query' },
    ]
    const rules = { parameter: 'X-Token', parameterLocation: 'header', claimParameters, jwk }
    const pluginId = await plugin(groupId, apiId, 'jwtAuth', rules)
    const shown = (headers: Record<string, string>, path = '/o') => call(bed, groupId, path, { headers })
    const good = await token({ sub: 'ann', tenant: 7 })
    const event = JSON.parse((await shown({ 'x-token': good, 'x-user': 'root' }, '/o?tenant=1&q=2')).text)
    assert.deepEqual(
      [event.headers['X-User'], event.headers['x-user'], event.queryParameters],
      ['ann', undefined, { q: '2', tenant: '7' }],
    )
    const anonymous = errorOf(await shown({ 'x-user': 'root' }))
    assert.deepEqual(anonymous.slice(0, 2), [400, 'I400JR'])
    assert.equal(errorOf(await shown({ 'x-token': 'x.y.z' }))[1], 'A403JT')

    const bypassing = JSON.stringify({ ...rules, bypassEmptyToken: true })
    await client.modifyPlugin(new models.ModifyPluginRequest({ pluginId, pluginData: bypassing }))
    const nobody = JSON.parse((await shown({ 'x-user': 'root' }, '/o?tenant=1')).text)
    assert.deepEqual([nobody.headers['x-user'], nobody.queryParameters], [undefined, {}])

    const once = JSON.stringify({ ...rules, preventJtiReplay: true })
    await client.modifyPlugin(new models.ModifyPluginRequest({ pluginId, pluginData: once }))
    const single = await token({ sub: 'ann', jti: 'j1' })
    assert.equal((await shown({ 'x-token': single })).status, 200)
    assert.equal(errorOf(await shown({ 'x-token': single }))[1], 'S403JU')
    assert.equal(errorOf(await shown({ 'x-token': good }))[1], 'S403JI')
  })
})

test('pages of other origins are let in by the plugin cors, refusals among the answers', async () => {
  const { groupId, apiId } = await opened(
    mockService('x', {
      MockHeaders: [{ HeaderName: 'Access-Control-Allow-Origin', HeaderValue: 'https://other.com' }],
    }),
    {
      requestParameters: [{ ApiParameterName: 'must', Location: 'QUERY', Required: 'REQUIRED' }],
    },
  )
  await plugin(groupId, apiId, 'cors', {
    allowOrigins: 'page.com',
    allowMethods: 'GET',
    allowHeaders: 'X-Own',
    exposeHeaders: 'X-Shown',
    allowCredentials: true,
    maxAge: 60,
  })
  const origin = 'https://page.com'
  const preflight = (from: string) =>
    call(bed, groupId, '/o', {
      method: 'OPTIONS',
      headers: { origin: from, 'access-control-request-method': 'GET' },
    })
  const consent = await preflight(origin)
  assert.equal(consent.status, 200)
  assert.deepEqual(
    ['origin', 'methods', 'headers', 'credentials'].map(
      (name) => consent.headers[`access-control-allow-${name}`],
    ),
    [origin, 'GET', 'X-Own', 'true'],
  )
  assert.equal(consent.headers['access-control-max-age'], '60')
  assert.deepEqual(errorOf(await preflight('https://evil.com')).slice(0, 2), [403, 'A403CO'])
  const answer = await call(bed, groupId, '/o?must=1', { headers: { origin } })
  assert.deepEqual(
    [
      answer.status,
      answer.headers['access-control-allow-origin'],
      answer.headers['access-control-expose-headers'],
    ],
    [200, origin, 'X-Shown'],
  )
  const refusal = await call(bed, groupId, '/o', { headers: { origin } })
  assert.deepEqual([refusal.status, refusal.headers['access-control-allow-origin']], [400, origin])
  assert.equal(
    (await call(bed, groupId, '/o?must=1')).headers['access-control-allow-origin'],
    'https://other.com',
  )
})

test('answers are kept by the plugin caching, by what they vary by', async () => {
  const source = `let calls = 0
exports.handler = async (event) => {
  const { queryParameters } = JSON.parse(event)
  const control = queryParameters.control ? { 'cache-control': queryParameters.control } : {}
  return { statusCode: queryParameters.status || 200, headers: { 'x-kept': 'k', 'x-lost': 'l', 'set-cookie': 'a=1', ...control }, body: String(++calls) }
}`
  await createFunction(bed.client, { functionName: 'counter', files: { 'index.js': source } })
  const { groupId, apiId } = await opened(eventService('counter'), {
    request: { RequestMode: 'PASSTHROUGH' },
  })
  const pluginId = await plugin(groupId, apiId, 'caching', {
    varyByParameters: ['page'],
    varyByHeaders: ['X-Lang'],
    cacheableHeaders: ['X-Kept'],
    duration: 3600,
    clientCacheControl: { mode: 'all' },
  })
  const asked = async (query = '', headers = {}) => {
    const answer = await call(bed, groupId, `/o${query}`, { headers })
    return { ...answer, isKept: answer.headers['x-ca-caching'] === 'true' }
  }
  const first = await asked('?page=1&other=a')
  const again = await asked('?page=1&other=b')
  assert.deepEqual([first.isKept, again.isKept, again.text], [false, true, first.text])
  assert.deepEqual(
    [again.headers['x-kept'], again.headers['x-lost'], again.headers['set-cookie']],
    ['k', undefined, undefined],
  )
  assert.equal((await asked('?page=2')).isKept, false)
  assert.equal((await asked('?page=1', { 'x-lang': 'zh' })).isKept, false)
  assert.equal((await asked('?page=1', { 'cache-control': 'no-cache' })).isKept, false)
  for (const query of ['?page=3&control=no-store', '?page=4&status=404']) {
    await asked(query)
    assert.equal((await asked(query)).isKept, false, query)
  }
  await client.detachPlugin(
    new models.DetachPluginRequest({ pluginId, groupId, apiId, stageName: 'RELEASE' }),
  )
  assert.equal((await asked('?page=1')).isKept, false)
})

test('backends are shown that it was the gateway that called', async () => {
  const source = `exports.handler = async (event) => {
    const { headers, rawPath, queryParameters, body, requestContext } = JSON.parse(event)
    return { statusCode: 200, body: JSON.stringify({ headers, rawPath, queryParameters, body, method: requestContext.http.method }) }
  }`
  await createFunction(bed.client, { functionName: 'signed', files: { 'index.js': source } })
  const FcBaseUrl = await httpTrigger(bed.client, bed.platform, 'signed')
  const { groupId, apiId } = await opened(
    {
      ServiceProtocol: 'FunctionCompute',
      FunctionComputeConfig: { FcType: 'HttpTrigger', FcBaseUrl, Path: '/in' },
    },
    { method: 'POST', request: { RequestMode: 'PASSTHROUGH' } },
  )
  const { signatureId } = (
    await client.createSignature(
      new models.CreateSignatureRequest({
        signatureName: 'for_backend',
        signatureKey: 'keyOfGateway',
        signatureSecret: 'secretOfGateway',
      }),
    )
  ).body
  await client.setSignatureApis(
    new models.SetSignatureApisRequest({ signatureId, groupId, apiIds: apiId, stageName: 'RELEASE' }),
  )
  const answer = await call(bed, groupId, '/o?b=2&a=', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-ca-proxy-signature': 'forged' },
    body: 'c=3',
  })
  const { headers } = JSON.parse(answer.text)
  assert.equal(headers['X-Ca-Proxy-Signature-Secret-Key'], 'keyOfGateway')
  const path = new URL(`${FcBaseUrl}/in`).pathname
  const text = `POST\n\nx-ca-request-id:${headers['X-Ca-Request-Id']}\n${path}?a&b=2&c=3`
  assert.equal(
    headers['X-Ca-Proxy-Signature'],
    createHmac('sha256', 'secretOfGateway').update(text).digest('base64'),
  )
})

test('plugins that are not built or make no sense are refused', async () => {
  const create = (pluginType: string, pluginData: string) =>
    refused(
      client.createPlugin(
        new models.CreatePluginRequest({ pluginName: 'some_plugin', pluginType, pluginData }),
      ),
    )
  assert.equal((await create('circuitBreaker', 'a: 1')).code, 'NotImplemented')
  assert.equal((await create('nothing', 'a: 1')).code, 'InvalidPluginType')
  assert.equal((await create('cors', 'maxAge: soon')).code, 'InvalidPluginData')
})

test('a domain of one’s own leads to its group and stage', async () => {
  const { groupId, apiId } = await opened(mockService('x'))
  await client.deployApi(new models.DeployApiRequest({ groupId, apiId, stageName: 'TEST', description: 'd' }))
  const domainName = 'test.example.com'
  const at = (path: string, host = domainName) => call(bed, '', '', { path, headers: { host } })
  assert.deepEqual(errorOf(await at('/o')).slice(0, 2), [404, 'I404DO'])
  await client.setDomain(new models.SetDomainRequest({ groupId, domainName, bindStageName: 'TEST' }))
  assert.equal((await at('/o')).text, 'x')
  await client.abolishApi(new models.AbolishApiRequest({ groupId, apiId, stageName: 'TEST' }))
  assert.deepEqual(errorOf(await at('/o')).slice(0, 2), [404, 'I404NF'])
  const described = await client.describeApiGroup(new models.DescribeApiGroupRequest({ groupId }))
  assert.equal(described.body.customDomains.domainItem[0].domainName, domainName)
  const other = await newGroup(client)
  const taken = client.setDomain(new models.SetDomainRequest({ groupId: other.groupId, domainName }))
  assert.equal((await refused(taken)).code, 'InvalidDomainName')
  await client.deleteDomain(new models.DeleteDomainRequest({ groupId, domainName }))
  assert.deepEqual(errorOf(await at('/o')).slice(0, 2), [404, 'I404DO'])
})
