/** Timer triggers through the vendor's SDK, by a clock that nobody moves: with expressions that fire every second. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createFunction, type Sdk } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { assertRefused, logOf, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

const files = {
  'index.js': `exports.handler = async (event, { requestId, qualifier }) => {
    console.log('TICK ' + JSON.stringify({ event: JSON.parse(event), requestId, stage: process.env.STAGE }))
  }`,
}
const configOf = (differs: object = {}) =>
  JSON.stringify({ cronExpression: '* * * * * *', enable: true, payload: 'a "payload"', ...differs })

const create = (functionName: string, differs: object = {}) =>
  bed.client.createTrigger(
    functionName,
    requestWith('CreateTrigger', {
      triggerName: 'tick',
      triggerType: 'timer',
      triggerConfig: configOf(),
      ...differs,
    }),
  )
const update = (functionName: string, fields: object) =>
  bed.client.updateTrigger(functionName, 'tick', requestWith('UpdateTrigger', fields))

interface Tick {
  event: { triggerTime: string; triggerName: string; payload: string }
  requestId: string
  stage?: string
}

const ticksOf = async (functionName: string): Promise<Tick[]> =>
  (await logOf(bed.platform, functionName)).flatMap((line) => {
    const text = /TICK (.*)$/.exec(line)?.[1]
    return text === undefined ? [] : [JSON.parse(text) as Tick]
  })

const someTicks = (functionName: string, count: number): Promise<Tick[]> =>
  until(
    async () => {
      const ticks = await ticksOf(functionName)
      return ticks.length >= count && ticks
    },
    { what: `${count} ticks of ${functionName}` },
  )

describe('timer triggers', () => {
  // It fires all the while: when its ticks are seen, those of others would have been.
  before(async () => {
    await createFunction(bed.client, { functionName: 'witness', files })
    await create('witness')
  })
  const afterMoreTicks = async (): Promise<void> => {
    await someTicks('witness', (await ticksOf('witness')).length + 2)
  }

  test('call the function with the event of the vendor, once for each tick', async () => {
    const ticks = await someTicks('witness', 3)
    for (const { event } of ticks) {
      assert.deepEqual(Object.keys(event), ['triggerTime', 'triggerName', 'payload'])
      assert.match(event.triggerTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.deepEqual([event.triggerName, event.payload], ['tick', 'a "payload"'])
    }
    const times = ticks.map(({ event }) => event.triggerTime)
    assert.equal(new Set(times).size, times.length)
  })

  test('are created, read, changed, listed and deleted', async () => {
    await createFunction(bed.client, { functionName: 'kept', files })
    const triggerConfig = configOf({ cronExpression: 'CRON_TZ=Asia/Shanghai 0 30 4 ? JAN-MAR MON' })
    const { body } = await create('kept', { triggerConfig, description: 'early' })
    assert.deepEqual(
      [body.triggerName, body.triggerType, body.qualifier, body.description, body.httpTrigger],
      ['tick', 'timer', 'LATEST', 'early', undefined],
    )
    assert.deepEqual(JSON.parse(body.triggerConfig), JSON.parse(triggerConfig))
    assert.deepEqual((await bed.client.getTrigger('kept', 'tick')).body, body)
    const changed = (await update('kept', { triggerConfig: configOf({ cronExpression: '@every 1h30m' }) }))
      .body
    assert.equal(JSON.parse(changed.triggerConfig).cronExpression, '@every 1h30m')
    assert.equal(changed.triggerId, body.triggerId)
    const listed = (await bed.client.listTriggers('kept', request('ListTriggers'))).body
    assert.deepEqual(
      listed.triggers.map(({ triggerName }: Sdk) => triggerName),
      ['tick'],
    )
    await assertRefused(bed.client.deleteFunction('kept'), 409, 'FunctionNotEmpty')
    assert.equal((await bed.client.deleteTrigger('kept', 'tick')).statusCode, 204)
    await assertRefused(bed.client.getTrigger('kept', 'tick'), 404, 'TriggerNotFound')
    await bed.client.deleteFunction('kept')
  })

  test('that are disabled never fire, and those that are enabled later or disabled again do so at once', async () => {
    await createFunction(bed.client, { functionName: 'switched', files })
    await create('switched', { triggerConfig: configOf({ enable: false }) })
    await afterMoreTicks()
    assert.deepEqual(await ticksOf('switched'), [])
    await update('switched', { triggerConfig: configOf() })
    await someTicks('switched', 1)
    await update('switched', { triggerConfig: configOf({ enable: false }) })
    const disabledMs = Date.now()
    await afterMoreTicks()
    const late = (await ticksOf('switched')).filter(({ event }) => Date.parse(event.triggerTime) > disabledMs)
    assert.deepEqual(late, [])
  })

  test('that are deleted fire no more', async () => {
    await createFunction(bed.client, { functionName: 'deleted', files })
    await create('deleted')
    await someTicks('deleted', 1)
    await bed.client.deleteTrigger('deleted', 'tick')
    const deletedMs = Date.now()
    await afterMoreTicks()
    const late = (await ticksOf('deleted')).filter(({ event }) => Date.parse(event.triggerTime) > deletedMs)
    assert.deepEqual(late, [])
  })

  test('of an alias call the version that it names when they fire', async () => {
    await createFunction(bed.client, {
      functionName: 'staged',
      files,
      environmentVariables: { STAGE: 'one' },
    })
    await bed.client.publishFunctionVersion('staged', requestWith('PublishFunctionVersion', {}))
    await bed.client.createAlias('staged', requestWith('CreateAlias', { aliasName: 'prod', versionId: '1' }))
    await bed.client.updateFunction(
      'staged',
      requestWith('UpdateFunction', { environmentVariables: { STAGE: 'two' } }),
    )
    await create('staged', { qualifier: 'prod' })
    assert.equal((await someTicks('staged', 1)).at(-1)?.stage, 'one')
    await bed.client.publishFunctionVersion('staged', requestWith('PublishFunctionVersion', {}))
    await bed.client.updateAlias('staged', 'prod', requestWith('UpdateAlias', { versionId: '2' }))
    await until(async () => (await ticksOf('staged')).some(({ stage }) => stage === 'two'), {
      what: 'a tick of version 2',
    })
    await assertRefused(bed.client.deleteAlias('staged', 'prod'), 409, 'AliasInUse')
  })

  test('are refused with the vendor’s codes', async () => {
    await createFunction(bed.client, { functionName: 'strict', files })
    for (const cronExpression of ['', '@every 10s', '0 4 * * *', 'CRON_TZ=Moon/Base 0 0 4 * * *']) {
      await assertRefused(
        create('strict', { triggerConfig: configOf({ cronExpression }) }),
        400,
        'InvalidArgument',
        /cronExpression/,
      )
    }
    await assertRefused(
      create('strict', { triggerConfig: configOf({ payload: 'x'.repeat(130_048) }) }),
      400,
      'InvalidArgument',
      /payload/,
    )
    await assertRefused(create('strict', { qualifier: 'nobody' }), 404, 'AliasNotFound')
    await create('strict', { triggerConfig: configOf({ enable: false }) })
    await assertRefused(create('strict'), 409, 'TriggerAlreadyExists')
    await assertRefused(update('strict', { triggerConfig: '{}' }), 400, 'InvalidArgument')
  })
})
