import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { ProvisionPlan } from '../../ports/provisioning.ts'
import { provisionPlans } from './provision-plans.ts'
import { accountId, startTestbed, type Testbed } from './testbed.fixture.ts'

const arn = `acs:fc:cn-hangzhou:${accountId}:functions`

describe('provision configs and scaling configs', () => {
  let bed: Testbed
  let count = 0
  let name: string
  let path: string
  before(async () => {
    bed = await startTestbed()
  })
  beforeEach(async () => {
    name = `f${count++}`
    path = `/2023-03-30/functions/${name}`
    await bed.createFunction(name)
  })
  after(() => bed.close())

  const actions = [
    { name: 'up', scheduleExpression: 'cron(0 0 20 * * *)', target: 50, timeZone: 'Asia/Shanghai' },
    {
      name: 'down',
      scheduleExpression: 'at(2026-05-01T10:00:00)',
      target: 10,
      startTime: '2026-04-01T00:00:00Z',
    },
  ]
  const policy = {
    name: 'p',
    metricType: 'ProvisionedConcurrencyUtilization',
    metricTarget: 0.6,
    minCapacity: 1,
    maxCapacity: 10,
  }

  test('a provision config is kept, answered with what became of it, listed, and deleted', async () => {
    const put = await bed.call('PUT', `${path}/provision-config`, {
      defaultTarget: 3,
      alwaysAllocateCPU: false,
      scheduledActions: actions,
      targetTrackingPolicies: [policy],
    })
    const document = {
      functionArn: `${arn}/${name}`,
      defaultTarget: 3,
      target: 3,
      current: 3,
      alwaysAllocateCPU: false,
      scheduledActions: actions,
      targetTrackingPolicies: [policy],
    }
    assert.equal(put.status, 200)
    assert.deepEqual(put.json, document)
    assert.deepEqual((await bed.call('GET', `${path}/provision-config?qualifier=LATEST`)).json, document)
    const listed = await bed.call('GET', `/2023-03-30/provision-configs?functionName=${name}`)
    assert.deepEqual(listed.json, { provisionConfigs: [document] })
    const plan = bed.provisioned.get(`${name}/LATEST`)!
    assert.deepEqual([plan.base, plan.alwaysAllocateCpu, plan.writtenMs], [3, false, bed.clock.now()])
    assert.equal(plan.scheduled[1]!.fromMs, Date.parse('2026-04-01T00:00:00Z'))
    const { metric, min, max } = plan.tracking[0]!
    assert.deepEqual([metric, min, max], ['concurrency', 1, 10])
    assert.equal((await bed.call('DELETE', `${path}/provision-config`)).status, 204)
    assert.equal((await bed.call('DELETE', `${path}/provision-config`)).status, 204)
    assert.equal(bed.provisioned.has(`${name}/LATEST`), false)
    assert.equal((await bed.call('GET', `${path}/provision-config`)).json.current, 0)
  })

  test('the older name of the target is read, and the newer one wins', async () => {
    const put = async (body: object) =>
      (await bed.call('PUT', `${path}/provision-config`, body)).json.defaultTarget
    assert.equal(await put({ target: 4, defaultTarget: null }), 4)
    assert.equal(await put({ target: 4, defaultTarget: 2 }), 2)
    assert.equal(await put({}), 0)
  })

  test('a scaling config is kept, answered with what became of it, listed, and goes with its function', async () => {
    const { minCapacity, maxCapacity, ...tracked } = policy
    const body = {
      minInstances: 2,
      scheduledPolicies: actions,
      horizontalScalingPolicies: [{ ...tracked, minInstances: minCapacity, maxInstances: maxCapacity }],
    }
    const document = { ...body, functionArn: `${arn}/${name}`, targetInstances: 2, currentInstances: 2 }
    assert.deepEqual((await bed.call('PUT', `${path}/scaling-config`, body)).json, document)
    assert.deepEqual((await bed.call('GET', `${path}/scaling-config`)).json, document)
    const listed = await bed.call('GET', `/2023-03-30/scaling-configs?functionName=${name}`)
    assert.deepEqual(listed.json, { scalingConfigs: [document] })
    assert.equal(bed.provisioned.get(`${name}/LATEST`)?.base, 2)
    assert.equal((await bed.call('DELETE', path)).status, 204)
    assert.equal(bed.provisioned.has(`${name}/LATEST`), false)
    await bed.createFunction(name)
    assert.equal((await bed.call('GET', `${path}/scaling-config`)).json.targetInstances, 0)
  })

  test('only LATEST and aliases can have one, one of the two kinds, and a function keeps its provision config', async () => {
    const refused = async (method: string, below: string, body?: object): Promise<unknown> => {
      const { status, json } = await bed.call(method, `${path}${below}`, body)
      return [status, json.Code]
    }
    await bed.call('POST', `${path}/versions`, {})
    await bed.call('POST', `${path}/aliases`, { aliasName: 'prod', versionId: '1' })
    assert.deepEqual(await refused('PUT', '/provision-config?qualifier=1', {}), [400, 'InvalidArgument'])
    assert.deepEqual(await refused('PUT', '/provision-config?qualifier=none', {}), [404, 'AliasNotFound'])
    const put = await bed.call('PUT', `${path}/provision-config?qualifier=prod`, { defaultTarget: 1 })
    assert.equal(put.json.functionArn, `${arn}/${name}/prod`)
    assert.deepEqual(await refused('PUT', '/scaling-config?qualifier=prod', {}), [
      409,
      'ProvisionConfigExist',
    ])
    await bed.call('PUT', `${path}/scaling-config`, { minInstances: 1 })
    assert.deepEqual(await refused('PUT', '/provision-config', {}), [409, 'ScalingConfigExist'])
    await bed.call('DELETE', `${path}/provision-config`)
    assert.equal(bed.provisioned.has(`${name}/LATEST`), true)
    await bed.call('DELETE', `${path}/aliases/prod`)
    assert.equal(bed.provisioned.has(`${name}/prod`), false)
    await bed.call('DELETE', `${path}/scaling-config`)
    await bed.call('PUT', `${path}/provision-config`, { defaultTarget: 1 })
    await bed.call('DELETE', `${path}/versions/1`)
    assert.deepEqual(await refused('DELETE', ''), [409, 'ProvisionConfigExist'])
  })

  test('what is no policy is refused, and so is what is not built', async () => {
    const put = async (kind: string, body: object): Promise<unknown> => {
      const { status, json } = await bed.call('PUT', `${path}/${kind}-config`, body)
      return status === 200 ? 200 : json.Code
    }
    const action = (over: object) => ({ scheduledActions: [{ ...actions[0], ...over }] })
    const tracking = (over: object) => ({ targetTrackingPolicies: [{ ...policy, ...over }] })
    for (const body of [
      { defaultTarget: -1 },
      { defaultTarget: 10_001 },
      { defaultTarget: 1.5 },
      action({ scheduleExpression: 'rate(5 minutes)' }),
      action({ scheduleExpression: 'cron(0 0 25 * * *)' }),
      action({ timeZone: 'Moon/Base' }),
      action({ startTime: 'tomorrow' }),
      action({ startTime: '2026-01-02T00:00:00Z', endTime: '2026-01-01T00:00:00Z' }),
      action({ name: '' }),
      { scheduledActions: [actions[0], actions[0]] },
      { scheduledActions: Array.from({ length: 101 }, (_, nth) => ({ ...actions[0], name: `n${nth}` })) },
      tracking({ metricType: 'Mood' }),
      tracking({ metricType: 'constructor' }),
      tracking({ metricTarget: 0 }),
      tracking({ metricTarget: 1.1 }),
      tracking({ minCapacity: 11 }),
    ]) {
      assert.equal(await put('provision', body), 'InvalidArgument', JSON.stringify(body).slice(0, 200))
    }
    for (const [kind, body] of [
      ['provision', tracking({ metricType: 'GPUMemUtilization' })],
      ['scaling', { residentPoolId: 'fc-pool-1' }],
      ['scaling', { enableMixMode: true }],
      ['scaling', { enableOnDemandScaling: false }],
      ['scaling', { requestDispatchPolicy: 'Balanced' }],
    ] as const) {
      assert.equal(await put(kind, body), 'NotImplemented', JSON.stringify(body))
    }
    assert.equal(bed.provisioned.has(`${name}/LATEST`), false)
    assert.equal(
      await put('scaling', { enableOnDemandScaling: true, residentPoolId: '', enableMixMode: false }),
      200,
    )
  })

  test('a platform that starts again finds the plans of both kinds', async () => {
    await bed.call('PUT', `${path}/provision-config`, { defaultTarget: 5, scheduledActions: actions })
    const plans: ProvisionPlan[] = []
    for await (const plan of provisionPlans(bed.records, accountId)) plans.push(plan)
    const mine = plans.filter(({ functionName }) => functionName === name)
    assert.deepEqual(mine, [bed.provisioned.get(`${name}/LATEST`)])
    assert.ok(plans.length > 1)
  })
})
