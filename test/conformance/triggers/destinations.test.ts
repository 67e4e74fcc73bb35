/** Outcomes of asynchronous invocations that go to queues and topics, read by the vendor's SDK. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createFunction, invoke, models, type Sdk } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { api, assertRefused, sharedPlatform } from '../conformance.fixture.ts'
import { mnsClient } from '../queues/queues.fixture.ts'
import { createTrigger, recordingFunction, someEvents } from './triggers.fixture.ts'

const bed = sharedPlatform({ sandbox: 'process' })
let mns: Sdk

const arn = (place: string) => `acs:mns:cn-hangzhou:${bed.platform.accountId}:${place}`
const sendOutcomes = (functionName: string, destinations: { onSuccess?: string; onFailure?: string }) =>
  bed.client.putAsyncInvokeConfig(
    functionName,
    new models.PutAsyncInvokeConfigRequest({
      body: new models.PutAsyncInvokeConfigInput({
        maxAsyncRetryAttempts: 0,
        destinationConfig: new models.DestinationConfig({
          onSuccess: new models.Destination({ destination: destinations.onSuccess }),
          onFailure: new models.Destination({ destination: destinations.onFailure }),
        }),
      }),
    }),
  )

describe('an outcome', () => {
  before(async () => {
    mns = mnsClient(bed.platform)
    await mns.createQueue('done')
    await mns.createTopic('failed')
    await createFunction(bed.client, {
      functionName: 'works',
      files: {
        'index.js': `exports.handler = async (event) => {
          if (String(event) === 'fail') throw new Error('as told')
          return 'did ' + event
        }`,
      },
    })
  })

  test('goes to a queue, and to a topic from there to a function', async () => {
    const { client, platform } = bed
    await sendOutcomes('works', {
      onSuccess: arn('/queues/done/messages'),
      onFailure: arn('/topics/failed/messages'),
    })
    await recordingFunction(client, 'told')
    await createTrigger(client, 'told', {
      triggerName: 'failures',
      triggerType: 'mns_topic',
      sourceArn: arn('/topics/failed'),
      triggerConfig: '{}',
    })
    const { headers } = await invoke(client, 'works', 'well', { xFcInvocationType: 'Async' })
    const { body } = await mns.receiveMessage('done', 20)
    const done = JSON.parse(body.MessageBody)
    assert.equal(done.requestContext.requestId, headers['x-fc-request-id'])
    assert.equal(done.requestPayload, 'well')
    assert.equal(done.responsePayload, 'did well')
    await invoke(client, 'works', 'fail', { xFcInvocationType: 'Async' })
    const [told] = await someEvents(platform, 'told', 1)
    const failed = JSON.parse(told!.event.toString())
    assert.equal(failed.requestContext.condition, 'UnhandledInvocationError')
    assert.match(failed.responsePayload, /as told/)
  })

  test('that no queue takes is a dead letter that says why', async () => {
    const { client, platform } = bed
    await createFunction(client, {
      functionName: 'lost',
      files: { 'index.js': 'exports.handler = async () => 1' },
    })
    await sendOutcomes('lost', { onSuccess: arn('/queues/nowhere/messages') })
    await invoke(client, 'lost', '', { xFcInvocationType: 'Async' })
    const letter = await until(
      async () => {
        const { text } = await api(platform, 'GET', '/hanshu/functions/lost/dead-letters')
        return JSON.parse(text).deadLetters[0]
      },
      { what: 'the dead letter' },
    )
    assert.equal(letter.destination, arn('/queues/nowhere/messages'))
    assert.match(letter.because, /refused it: The queue name you provided is not exist/)
    await assertRefused(
      sendOutcomes('lost', { onSuccess: 'acs:sls:cn-hangzhou:1:project/p' }),
      501,
      'NotImplemented',
    )
  })
})
