/** `hanshu deploy` against the management API of the gateway itself, over memory: what one sends is what the other takes. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import { silentLogger } from '../../lib/logger.ts'
import { Catalog } from '../../products/gateway/catalog.ts'
import type { Functions } from '../../products/gateway/needs.ts'
import { controlPlane } from '../../products/gateway/product.ts'
import type { AnsweredCall } from '../../wire/call-observer.ts'
import { serverOptions } from '../../wire/http-server.ts'
import { rpcHandler } from '../../wire/rpc/rpc-server.ts'
import type { SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { run } from '../run.ts'
import { scriptedTerminal } from '../testing/scripted-terminal.ts'
import { session as functionsSession } from '../testing/session.ts'
import { accessKey } from '../testing/stand-in.ts'

const accountId = '1234567890123456'

const lookup: SecretLookup = {
  accountId,
  secretOf: (accessKeyId) =>
    accessKeyId === accessKey.accessKeyId
      ? {
          is: 'known',
          accountId,
          accessKeySecret: accessKey.accessKeySecret,
          allows: { to: 'everything' },
          principal: { is: 'account' },
        }
      : { is: 'unknownAccessKey' },
}

/** Nothing is called here: deploying asks only who may be named. */
const neverCalled = () => Promise.reject(new Error('a deployment calls nobody'))
const functions: Functions = {
  call: neverCalled,
  request: neverCalled,
  arnOf: ({ functionName }) => `acs:fc:cn-hangzhou:${accountId}:functions/${functionName}`,
  isTrustedBy: (roleArn) => roleArn.endsWith('/trusting'),
}

async function session(t: TestContext) {
  const records = memoryRecordStore()
  const catalog = await Catalog.open(records)
  const clock = new ManualClock(scriptedTerminal().clock.now())
  const context = {
    catalog,
    records,
    access: { mayDo: () => true },
    functions,
    region: 'cn-hangzhou',
    clock,
    ids: randomIds,
    randomBytes,
    subDomainOf: (groupId: string) => `${groupId}.gateway.test`,
  }
  const calls: AnsweredCall[] = []
  const handle = rpcHandler(controlPlane(context, lookup), silentLogger, (call) => calls.push(call))
  const server = createServer(serverOptions, (request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  const { folder, platform, write } = await functionsSession(t)
  return {
    catalog,
    platform,
    write,
    /** Names of operations that change something. */
    writes: () =>
      calls.map(({ operation }) => operation ?? '').filter((name) => !name.startsWith('Describe')),
    forget: () => void calls.splice(0),
    async deploy(...words: string[]) {
      const terminal = scriptedTerminal({
        workingDir: folder,
        environment: {
          HANSHU_DATA: '/no/such/folder',
          HANSHU_ENDPOINT: platform.endpoint,
          HANSHU_APIGATEWAY_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          HANSHU_ACCESS_KEY_ID: accessKey.accessKeyId,
          HANSHU_ACCESS_KEY_SECRET: accessKey.accessKeySecret,
        },
      })
      const exitCode = await run(['deploy', ...words], terminal)
      return { exitCode, output: terminal.output(), notes: terminal.notes() }
    },
  }
}

const sYaml = (apis: string, more = '') => `
edition: 3.0.0
resources:
  gateway:
    component: apigateway
    props:
      group: { groupName: shop, description: of the shop }
      apps: [{ appName: staff, appKey: staffkey1, appSecret: staffsecret0123456789abcdefghijk }]
      plugins:
        - pluginName: limit
          pluginType: trafficControl
          pluginData: { unit: SECOND, apiDefault: 10 }
        - pluginName: pages
          pluginType: cors
          pluginData: "allowOrigins: '*'"
${more}      apis:
${apis.replace(/^/gm, '        ')}
`

const order = `
- apiName: get_order
  path: /orders/[orderId]
  auth: APP
  parameters:
    - { name: orderId, in: path }
    - { name: page, in: query, type: Int, maximum: 100, backendName: p, backendIn: head }
  constants: [{ name: x-tenant, in: head, value: red }]
  systemParameters: [{ name: CaAppId, backendName: x-app, backendIn: head }]
  backend: { function: { functionName: orders }, timeoutMs: 5000 }
  plugins: [limit, pages]
  apps: [staff]`

const hello = `
- apiName: say_hello
  path: /hello
  auth: ANONYMOUS
  backend: { mock: { body: hello, headers: { x-a: b } } }`

test('a group with its apps, plugins and APIs is made and deployed; a second deployment writes nothing', async (t) => {
  const { catalog, deploy, forget, write, writes } = await session(t)
  await write('s.yaml', sYaml(order + hello))
  const first = await deploy()
  assert.equal(first.exitCode, 0, first.notes)
  assert.match(first.output, /^\+ group shop: create\n {2}\+ app staff: create\n {2}\+ plugin limit: create/)
  assert.match(
    first.output,
    / {2}\+ api get_order: create \(GET \/orders\/\[orderId\] -> function orders\)\n {4}\+ plugin limit: attach \(RELEASE\)/,
  )
  assert.match(first.output, /shop: http:\/\/[0-9a-f]{32}\.gateway\.test/)
  assert.doesNotMatch(first.output + first.notes, /staffsecret0123456789abcdefghijk/)
  // What protects an API is in force before it can be called.
  const done = writes()
  assert.ok(done.indexOf('AttachPlugin') < done.indexOf('DeployApi'))

  const [api] = catalog.all('deployments').filter(({ definition }) => definition.apiName === 'get_order')
  assert.deepEqual(
    [
      api?.stage,
      api?.definition.authType,
      api?.definition.serviceConfig.FunctionComputeConfig?.FunctionName,
      api?.definition.serviceParametersMap.map((each) => each.ServiceParameterName),
      api?.definition.constantParameters.map((each) => each.ConstantValue),
      api?.definition.systemParameters.map((each) => each.ParameterName),
    ],
    ['RELEASE', 'APP', 'orders', ['orderId', 'p'], ['red'], ['CaAppId']],
  )
  assert.equal(catalog.all('authorities').length, 1)
  assert.equal(catalog.all('bindings').length, 2)

  forget()
  const second = await deploy()
  assert.equal(second.exitCode, 0, second.notes)
  assert.match(second.output, /^= group shop: unchanged\n.*\n.*\n.*\n {2}= 2 apis: unchanged\n/)
  assert.deepEqual(writes(), [])
})

test('only what changed is sent, and what was taken out of the file goes back to its default', async (t) => {
  const { catalog, deploy, forget, write, writes } = await session(t)
  await write('s.yaml', sYaml(order + hello))
  await deploy()
  forget()
  await write(
    's.yaml',
    sYaml(order.replace(', timeoutMs: 5000', '') + hello).replace('apiDefault: 10', 'apiDefault: 20'),
  )
  const { output } = await deploy()
  assert.match(output, /~ plugin limit: update\n {6}pluginData: /)
  assert.match(output, /~ api get_order: update\n {6}serviceConfig: .*5000.* -> .*10000/)
  assert.deepEqual(writes(), ['ModifyPlugin', 'ModifyApi', 'DeployApi'])
  const [api] = catalog.all('deployments').filter(({ definition }) => definition.apiName === 'get_order')
  assert.equal(api?.definition.serviceConfig.ServiceTimeout, 10_000)
})

test('--plan shows and does nothing', async (t) => {
  const { deploy, write, writes } = await session(t)
  await write('s.yaml', sYaml(order))
  const { exitCode, output } = await deploy('--plan')
  assert.equal(exitCode, 0)
  assert.match(output, /\+ api get_order: create/)
  assert.deepEqual(writes(), [])
})

test('what the file has no more is left alone and named, until --prune', async (t) => {
  const { catalog, deploy, write } = await session(t)
  await write('s.yaml', sYaml(order + hello, '      stages: [RELEASE, TEST]\n'))
  await deploy()
  await write('s.yaml', sYaml(order.replace('[limit, pages]', '[limit]').replace('  apps: [staff]', '')))
  const kept = await deploy()
  for (const what of [
    'api say_hello',
    'api get_order in stage TEST',
    'plugin pages of api get_order in stage RELEASE',
    'app staff of api get_order in stage RELEASE',
  ])
    assert.ok(kept.output.includes(`? ${what}: not in the file; left alone`), kept.output)
  assert.equal(catalog.all('deployments').length, 4)

  const pruned = await deploy('--prune')
  assert.equal(pruned.exitCode, 0, pruned.notes)
  assert.match(pruned.output, /- api say_hello: remove/)
  assert.deepEqual(
    [catalog.all('apis').length, catalog.all('deployments').length, catalog.all('authorities').length],
    [1, 1, 0],
  )
  assert.equal(catalog.all('bindings').length, 1)
  assert.match((await deploy('--prune')).output, /one api: unchanged/)
})

test('an API in front of an HTTP trigger gets its URL, once the function of the same file is there', async (t) => {
  const { catalog, deploy, write } = await session(t)
  const web = `
- apiName: all_pages
  path: /*
  method: ANY
  auth: ANONYMOUS
  backend: { httpTrigger: { functionName: web, triggerName: http } }`
  const page = `${sYaml(web)}  web:
    component: fc3
    props:
      functionName: web
      runtime: nodejs20
      code: ./code
      triggers: [{ triggerName: http, triggerType: http, triggerConfig: { authType: anonymous, methods: [GET] } }]
`
  await write('s.yaml', page)
  await write('code/index.js', '')
  assert.equal((await deploy('--plan')).exitCode, 0)
  const { exitCode, notes } = await deploy()
  assert.equal(exitCode, 0, notes)
  const [api] = catalog.all('apis')
  assert.equal(api?.definition.serviceConfig.FunctionComputeConfig?.FcBaseUrl, 'http://web.example.localhost')
  await write('other.yaml', page.replace('triggerName: http }', 'triggerName: other }'))
  const missing = await deploy('-t', 'other.yaml', 'gateway')
  assert.equal(missing.exitCode, 1)
  assert.match(missing.notes, /api all_pages: function web has no HTTP trigger other/)
})

test('a part that the gateway refuses is said, its exit code is 1, and the others are deployed', async (t) => {
  const { catalog, deploy, write } = await session(t)
  await write(
    's.yaml',
    sYaml(hello + order.replace('backend: {', 'backend: { roleArn: "acs:ram::1:role/other",')).replace(
      'apiDefault: 10',
      'apiDefault: 0',
    ),
  )
  const { exitCode, notes } = await deploy()
  assert.equal(exitCode, 1)
  assert.match(notes, /shop, plugin limit: .*InvalidPluginData/)
  assert.match(notes, /shop, api get_order: .*RoleArn/)
  assert.deepEqual(
    catalog.all('deployments').map(({ definition }) => definition.apiName),
    ['say_hello'],
  )
})

test('an API is not deployed without the plugin that could not be made', async (t) => {
  const { catalog, deploy, write } = await session(t)
  await write('s.yaml', sYaml(order).replace('apiDefault: 10', 'apiDefault: 0'))
  const { exitCode, notes } = await deploy()
  assert.equal(exitCode, 1)
  assert.match(notes, /api get_order: .*limit could not be made/)
  assert.equal(catalog.all('deployments').length, 0)
})

for (const [what, source, message] of [
  [
    'a word that is not known',
    sYaml(order).replace('plugins: [', 'plugin: ['),
    /plugin is not known. Did you mean plugins\?/,
  ],
  [
    'a plugin that is not there',
    sYaml(order).replace('[limit,', '[limits,'),
    /get_order: there is no plugin limits/,
  ],
  [
    'an app that is not there',
    sYaml(order).replace('apps: [staff]', 'apps: [other]'),
    /there is no app other/,
  ],
  [
    'two backends',
    sYaml(order).replace('backend: {', 'backend: { mock: {},'),
    /one of function, httpTrigger, http and mock/,
  ],
  ['two APIs of one name', sYaml(order + order), /two have the name get_order/],
  [
    'a short name',
    sYaml(order).replace('groupName: shop', 'groupName: a'),
    /group.groupName: 4 to 50 letters/,
  ],
] as const) {
  test(`${what} is refused before anything is done`, async (t) => {
    const { deploy, write, writes } = await session(t)
    await write('s.yaml', source)
    const { exitCode, notes } = await deploy()
    assert.equal(exitCode, 1)
    assert.match(notes, message)
    assert.deepEqual(writes(), [])
  })
}

test('a plugin cannot become one of another type', async (t) => {
  const { deploy, write } = await session(t)
  await write('s.yaml', sYaml(order))
  await deploy()
  await write('s.yaml', sYaml(order).replace('pluginType: cors', 'pluginType: caching'))
  const { exitCode, notes } = await deploy()
  assert.equal(exitCode, 1)
  assert.match(notes, /Plugin pages is of type cors on the gateway and caching in the file/)
})
