/** What was answered is there after the platform was killed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPlatform } from '../../platform.fixture.ts'
import { http } from '../conformance.fixture.ts'
import {
  allow,
  appClient,
  deploy,
  deployedApi,
  managementClient,
  mockService,
  models,
  newApp,
  newGroup,
  urlOf,
} from './gateway.fixture.ts'

test('groups, APIs, stages, history, apps, authorizations and plugins outlive a kill', async (t) => {
  const before = await startPlatform()
  let now = before
  t.after(() => now.remove())
  const client = managementClient(before, before)
  const { groupId } = await newGroup(client)
  const api = { groupId, apiName: 'kept_api', path: '/kept', authType: 'APP', service: mockService('"kept"') }
  const apiId = await deployedApi(client, api)
  await deploy(client, groupId, apiId)
  const app = await newApp(client)
  await allow(client, { groupId, apiId, appId: app.appId })
  const plugin = {
    pluginName: 'kept_plugin',
    pluginType: 'trafficControl',
    pluginData: 'unit: DAY\napiDefault: 1',
  }
  const { pluginId } = (await client.createPlugin(new models.CreatePluginRequest(plugin))).body
  await client.attachPlugin(
    new models.AttachPluginRequest({ pluginId, groupId, apiId, stageName: 'RELEASE' }),
  )
  await before.kill()

  now = await startPlatform({ dataDir: before.dataDir })
  const url = `${urlOf(now, groupId)}/kept`
  assert.equal(await appClient(app).get(url), 'kept')
  assert.equal((await http(url)).headers['x-ca-error-code'], 'A400MA')
  await assert.rejects(appClient(app).get(url), /Throttled by API Flow Control/)
  const again = managementClient(now, now)
  const history = await again.describeApiHistories(
    new models.DescribeApiHistoriesRequest({ groupId, apiId, stageName: 'RELEASE' }),
  )
  assert.equal(history.body.totalCount, 2)
})
