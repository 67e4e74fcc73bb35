/** Groups, APIs, stages and history, through the vendor's management SDK. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { sharedPlatform } from '../conformance.fixture.ts'
import { type Keys, user } from '../identity/identity.fixture.ts'
import {
  call,
  createApiRequest,
  deploy,
  deployedApi,
  echoFunction,
  errorOf,
  eventService,
  managementClient,
  mockService,
  models,
  newGroup,
  refused,
} from './gateway.fixture.ts'

let client: Sdk
let reader: Keys
let maker: Keys
const bed = sharedPlatform({}, async ({ platform, client: functions }) => {
  client = managementClient(platform, platform)
  reader = await user(platform, 'reader', [
    { Effect: 'Allow', Action: 'apigateway:Describe*', Resource: '*' },
  ])
  maker = await user(platform, 'maker', [{ Effect: 'Allow', Action: 'apigateway:*', Resource: '*' }])
  await echoFunction(functions, 'secret')
})

describe('groups', () => {
  test('are made, found, changed and deleted', async () => {
    const { groupId, subDomain } = await newGroup(client, {
      groupName: 'my_group',
      description: 'one',
      basePath: '/base',
    })
    assert.match(groupId, /^[0-9a-f]{32}$/)
    assert.equal(subDomain, `${groupId}.apigateway.localhost:${new URL(bed.platform.endpoints.gateway).port}`)
    const described = (await client.describeApiGroup(new models.DescribeApiGroupRequest({ groupId }))).body
    assert.deepEqual(
      [
        described.groupName,
        described.description,
        described.basePath,
        described.subDomain,
        described.regionId,
      ],
      ['my_group', 'one', '/base', subDomain, 'cn-hangzhou'],
    )
    assert.deepEqual(
      described.stageItems.stageInfo.map(({ stageName }: Sdk) => stageName),
      ['RELEASE', 'PRE', 'TEST'],
    )
    await client.modifyApiGroup(
      new models.ModifyApiGroupRequest({ groupId, groupName: 'my_group_2', description: 'two' }),
    )
    const listed = (
      await client.describeApiGroups(new models.DescribeApiGroupsRequest({ groupName: 'my_group' }))
    ).body
    assert.deepEqual([listed.totalCount, listed.pageNumber, listed.pageSize], [1, 1, 10])
    assert.equal(listed.apiGroupAttributes.apiGroupAttribute[0].groupName, 'my_group_2')
    await client.deleteApiGroup(new models.DeleteApiGroupRequest({ groupId }))
    const gone = await refused(client.describeApiGroup(new models.DescribeApiGroupRequest({ groupId })))
    assert.deepEqual([gone.status, gone.code], [400, 'NotFoundApiGroup'])
  })

  test('are refused with names that are wrong, missing or taken, and kept while they have APIs', async () => {
    const create = (groupName?: string) =>
      client.createApiGroup(new models.CreateApiGroupRequest({ groupName }))
    assert.equal((await refused(create())).code, 'MissingGroupName')
    assert.equal((await refused(create('a b'))).code, 'InvalidGroupName')
    const { groupId } = await newGroup(client, { groupName: 'taken' })
    assert.equal((await refused(create('taken'))).code, 'DuplicateGroupName')
    const both = await Promise.allSettled([create('at_once'), create('at_once')])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    await client.createApi(
      createApiRequest({ groupId, apiName: 'one_api', path: '/a', service: mockService('x') }),
    )
    const used = await refused(client.deleteApiGroup(new models.DeleteApiGroupRequest({ groupId })))
    assert.equal(used.code, 'InUseApiGroup')
  })
})

describe('an API', () => {
  const everything = {
    apiName: 'everything',
    description: 'all of it',
    path: '/all/[id]',
    method: 'POST',
    authType: 'APP',
    request: { RequestProtocol: 'HTTP,HTTPS', BodyFormat: 'FORM', PostBodyDescription: 'a form' },
    service: {
      ServiceProtocol: 'HTTP',
      ServiceAddress: 'http://backend.example.com:8080',
      ServiceHttpMethod: 'PUT',
      ServicePath: '/v3/[id]',
      ServiceTimeout: '3000',
      ContentTypeCatagory: 'CUSTOM',
      ContentTypeValue: 'application/json',
      Mock: 'FALSE',
    },
    requestParameters: [
      {
        ApiParameterName: 'age',
        Location: 'Query',
        ParameterType: 'Int',
        Required: 'REQUIRED',
        MinValue: 1,
        MaxValue: 150,
        DefaultValue: '18',
        DemoValue: '20',
        Description: 'years',
        DocShow: 'PUBLIC',
        DocOrder: 1,
      },
      { ApiParameterName: 'id', Location: 'Path', RegularExpression: '[a-z]+', EnumValue: 'a,b' },
    ],
    serviceParameters: [{ ServiceParameterName: 'years', Location: 'Head', ParameterType: 'Int' }],
    serviceParametersMap: [{ ServiceParameterName: 'years', RequestParameterName: 'age' }],
    constantParameters: [
      { ServiceParameterName: 'c', ConstantValue: 'v', Location: 'QUERY', Description: 'd' },
    ],
    systemParameters: [{ ParameterName: 'CaClientIp', ServiceParameterName: 'ip', Location: 'HEAD' }],
    errorCodeSamples: [{ Code: '400', Message: 'bad', Description: 'no good' }],
    failResultSample: 'no',
    allowSignatureMethod: 'HmacSHA1,HmacSHA256',
    appCodeAuthType: 'HEADER',
    forceNonceCheck: true,
    disableInternet: false,
  }

  test('is told of as it was defined', async () => {
    const { groupId } = await newGroup(client)
    const { apiId } = (await client.createApi(createApiRequest({ groupId, ...everything }))).body
    const { body } = await client.describeApi(new models.DescribeApiRequest({ groupId, apiId }))
    assert.deepEqual(
      [
        body.apiName,
        body.description,
        body.visibility,
        body.authType,
        body.forceNonceCheck,
        body.appCodeAuthType,
      ],
      ['everything', 'all of it', 'PRIVATE', 'APP', true, 'HEADER'],
    )
    assert.equal(body.allowSignatureMethod, 'HmacSHA1,HmacSHA256')
    const { requestConfig, serviceConfig } = body
    assert.deepEqual(
      [
        requestConfig.requestProtocol,
        requestConfig.requestHttpMethod,
        requestConfig.requestPath,
        requestConfig.requestMode,
      ],
      ['HTTP,HTTPS', 'POST', '/all/[id]', 'MAPPING'],
    )
    assert.deepEqual(
      [
        serviceConfig.serviceAddress,
        serviceConfig.servicePath,
        serviceConfig.serviceTimeout,
        serviceConfig.mock,
      ],
      ['http://backend.example.com:8080', '/v3/[id]', 3000, 'FALSE'],
    )
    const [age, id] = body.requestParameters.requestParameter
    assert.deepEqual(
      [
        age.apiParameterName,
        age.location,
        age.parameterType,
        age.required,
        age.minValue,
        age.maxValue,
        age.defaultValue,
      ],
      ['age', 'QUERY', 'INT', 'REQUIRED', 1, 150, '18'],
    )
    assert.deepEqual([id.regularExpression, id.enumValue], ['[a-z]+', 'a,b'])
    assert.equal(body.serviceParameters.serviceParameter[0].location, 'HEAD')
    assert.equal(body.serviceParametersMap.serviceParameterMap[0].requestParameterName, 'age')
    assert.equal(body.constantParameters.constantParameter[0].constantValue, 'v')
    assert.equal(body.systemParameters.systemParameter[0].parameterName, 'CaClientIp')
    assert.equal(body.errorCodeSamples.errorCodeSample[0].code, '400')
    assert.deepEqual(
      body.deployedInfos.deployedInfo.map(({ deployedStatus }: Sdk) => deployedStatus),
      ['NONDEPLOYED', 'NONDEPLOYED', 'NONDEPLOYED'],
    )
    await client.modifyApi(
      new models.ModifyApiRequest({ groupId, apiId, description: 'other', apiName: 'renamed' }),
    )
    const listed = (await client.describeApis(new models.DescribeApisRequest({ groupId }))).body
    const [summary] = listed.apiSummarys.apiSummary
    assert.deepEqual(
      [listed.totalCount, summary.apiName, summary.description, summary.apiPath, summary.apiMethod],
      [1, 'renamed', 'other', '/all/[id]', 'POST'],
    )
    await client.deleteApi(new models.DeleteApiRequest({ groupId, apiId }))
    assert.equal(
      (await refused(client.describeApi(new models.DescribeApiRequest({ groupId, apiId })))).code,
      'NotFoundApi',
    )
  })

  test('that makes no sense is refused, and what is not built says so', async () => {
    const { groupId } = await newGroup(client)
    const base = { groupId, apiName: 'some_api', path: '/a', service: mockService('x') }
    await client.createApi(createApiRequest({ ...base, apiName: 'first', path: '/users/[id]' }))
    for (const [fields, code] of [
      [{ apiName: 'first' }, 'DuplicateApiName'],
      [{ path: '/users/[name]' }, 'DuplicateRequestPath'],
      [{ apiName: 'x' }, 'InvalidApiName'],
      [{ path: 'a' }, 'InvalidRequestConfig'],
      [{ path: '/a/[b' }, 'InvalidRequestConfig'],
      [{ path: '/a/[b]/[b]' }, 'InvalidRequestConfig'],
      [{ authType: 'SECRET' }, 'InvalidAuthType'],
      [{ authType: 'OPENID' }, 'InvalidOpenIdConnectConfig'],
      [
        { authType: 'OPENID', openIdConnectConfig: { IdTokenParamName: 't', PublicKey: 'none' } },
        'InvalidOpenIdConnectConfig',
      ],
      [{ requestParameters: 'no JSON' }, 'InvalidFormatRequestParameters'],
      [{ requestParameters: [{ Location: 'QUERY' }] }, 'InvalidFormatRequestParameters'],
      [
        { requestParameters: [{ ApiParameterName: 'q', Location: 'QUERY', RegularExpression: '(' }] },
        'InvalidRequestParameters',
      ],
      [{ requestParameters: [{ ApiParameterName: 'q', Location: 'PATH' }] }, 'InvalidRequestParameters'],
      [
        { service: { ServiceProtocol: 'HTTP', ServiceAddress: 'file:///etc/passwd' } },
        'InvalidServiceConfig',
      ],
      [{ service: { ServiceProtocol: 'FunctionCompute' } }, 'InvalidServiceConfig'],
      [{ service: { ServiceProtocol: 'OSS' } }, 'NotImplemented'],
      [
        { service: { ServiceProtocol: 'HTTP', ServiceVpcEnable: 'TRUE', VpcConfig: { Name: 'v' } } },
        'NotImplemented',
      ],
      [
        {
          constantParameters: [
            { ServiceParameterName: 'Content-Length', ConstantValue: '1', Location: 'HEAD' },
          ],
        },
        'InvalidRequestParameters',
      ],
      [{ requestParameters: [{ ApiParameterName: '上', Location: 'HEAD' }] }, 'InvalidRequestParameters'],
      [{ service: mockService('x', { MockHeaders: [{ HeaderName: 'a(b)' }] }) }, 'InvalidServiceConfig'],
      [{ path: '/a\u0001' }, 'InvalidRequestConfig'],
      [{ webSocketApiType: 'REGISTER' }, 'NotImplemented'],
      [{ request: { RequestProtocol: 'WEBSOCKET' } }, 'InvalidRequestConfig'],
    ] as const) {
      const { code: given } = await refused(client.createApi(createApiRequest({ ...base, ...fields })))
      assert.equal(given, code, JSON.stringify(fields))
    }
    const twoWays = await refused(client.createDataset(new models.CreateDatasetRequest({ datasetName: 'a' })))
    assert.deepEqual([twoWays.status, twoWays.code], [501, 'NotImplemented'])
  })
})

test('stages have an API each, as it was when it was deployed, and go back to what they had', async () => {
  const { groupId } = await newGroup(client)
  const apiId = await deployedApi(client, {
    groupId,
    apiName: 'staged',
    path: '/s',
    service: mockService('one'),
  })
  const inStage = (stage: string) => call(bed, groupId, '/s', { headers: { 'x-ca-stage': stage } })
  assert.equal((await call(bed, groupId, '/s')).text, 'one')
  assert.deepEqual(errorOf(await inStage('PRE')).slice(0, 2), [404, 'I404NF'])

  const serviceConfig = JSON.stringify(mockService('two'))
  await client.modifyApi(new models.ModifyApiRequest({ groupId, apiId, serviceConfig }))
  assert.equal((await call(bed, groupId, '/s')).text, 'one')
  await deploy(client, groupId, apiId, 'PRE')
  assert.deepEqual([(await inStage('pre')).text, (await inStage('RELEASE')).text], ['two', 'one'])
  await deploy(client, groupId, apiId, 'RELEASE')
  assert.equal((await inStage('RELEASE')).text, 'two')

  const inRelease = { groupId, apiId, stageName: 'RELEASE' }
  const { body } = await client.describeApiHistories(new models.DescribeApiHistoriesRequest(inRelease))
  const [newer, older] = body.apiHisItems.apiHisItem
  assert.deepEqual([body.totalCount, newer.status, older.status], [2, 'ONLINE', 'OFFLINE'])
  assert.ok(newer.historyVersion > older.historyVersion)
  const { historyVersion } = older
  await client.switchApi(new models.SwitchApiRequest({ ...inRelease, historyVersion, description: 'back' }))
  assert.equal((await inStage('RELEASE')).text, 'one')
  const deployed = (await client.describeDeployedApi(new models.DescribeDeployedApiRequest(inRelease))).body
  assert.equal(deployed.serviceConfig.mockResult, 'one')
  const all = (await client.describeDeployedApis(new models.DescribeDeployedApisRequest({ groupId }))).body
  assert.equal(all.totalCount, 2)

  const used = await refused(client.deleteApi(new models.DeleteApiRequest({ groupId, apiId })))
  assert.equal(used.code, 'InUseApi')
  for (const stageName of ['RELEASE', 'PRE'])
    await client.abolishApi(new models.AbolishApiRequest({ groupId, apiId, stageName }))
  assert.deepEqual(errorOf(await inStage('RELEASE')).slice(0, 2), [404, 'I404NF'])
  await client.deleteApi(new models.DeleteApiRequest({ groupId, apiId }))
})

test('policies say who may manage what, and whose functions everybody may call', async () => {
  const { groupId } = await newGroup(client)
  const byReader = managementClient(bed.platform, reader)
  const byMaker = managementClient(bed.platform, maker)
  assert.equal(
    (await byReader.describeApiGroup(new models.DescribeApiGroupRequest({ groupId }))).body.groupId,
    groupId,
  )
  const denied = await refused(byReader.deleteApiGroup(new models.DeleteApiGroupRequest({ groupId })))
  assert.deepEqual([denied.status, denied.code], [403, 'Forbidden.RAM'])
  // Who may make APIs, and may not invoke the function, cannot have it called by everybody.
  const open = { groupId, apiName: 'opened', path: '/secret', service: eventService('secret') }
  assert.equal((await refused(byMaker.createApi(createApiRequest(open)))).code, 'Forbidden.RAM')
  const inRole = {
    ...open,
    service: eventService('secret', { RoleArn: 'acs:ram::1234567890123456:role/any' }),
  }
  assert.equal((await refused(byMaker.createApi(createApiRequest(inRole)))).code, 'Forbidden.RAM')
  await byMaker.createApi(createApiRequest({ ...open, service: mockService('x') }))
  assert.equal(
    (await client.createApi(createApiRequest({ ...open, apiName: 'by_owner', path: '/o' }))).statusCode,
    200,
  )
})
