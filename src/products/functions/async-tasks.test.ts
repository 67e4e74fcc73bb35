import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { AsyncTask, AsyncTaskQuery } from './needs.ts'
import { startTestbed, type Testbed } from './testbed.fixture.ts'

const task: AsyncTask = {
  functionName: 'hello',
  qualifier: 'LATEST',
  taskId: 't',
  requestId: '1-a',
  status: 'Failed',
  startedMs: 1,
  endedMs: 5,
  durationMs: 3,
  instanceId: 'c-1',
  retries: 2,
  errorType: 'UnhandledInvocationError',
  events: [{ eventId: 1, timestamp: 1, status: 'Enqueued', detail: 'x' }],
}

describe('async tasks', () => {
  let bed: Testbed
  const queries: AsyncTaskQuery[] = []
  const stopped: string[] = []
  const path = '/2023-03-30/functions/hello/async-tasks'
  before(async () => {
    bed = await startTestbed({
      asyncTasks: {
        async list(query) {
          queries.push(query)
          return { tasks: [{ ...task, payload: Buffer.from('in') }], next: 'here' }
        },
        get: async (_account, _function, taskId) => (taskId === 't' ? task : undefined),
        async stop(_account, _function, taskId) {
          stopped.push(taskId)
          if (taskId === 'ended') return { is: 'ended', status: 'Succeeded' }
          return { is: taskId === 't' ? 'stopped' : 'notFound' }
        },
      },
    })
    await bed.createFunction('hello')
  })
  after(() => bed.close())

  test('a task is shown in the fields of the API', async () => {
    const { status, json } = await bed.call('GET', `${path}/t`)
    assert.equal(status, 200)
    assert.deepEqual(json, {
      taskId: 't',
      requestId: '1-a',
      functionArn: 'acs:fc:cn-hangzhou:1234567890123456:functions/hello',
      qualifier: 'LATEST',
      status: 'Failed',
      startedTime: 1,
      endTime: 5,
      durationMs: 3,
      instanceId: 'c-1',
      alreadyRetriedTimes: 2,
      taskErrorMessage: 'UnhandledInvocationError',
      events: [{ eventId: 1, timestamp: 1, status: 'Enqueued', eventDetail: 'x' }],
    })
  })

  test('what is not there is not found', async () => {
    for (const wrong of [`${path}/u`, `${path}/t?qualifier=blue`, `${path}/${'x'.repeat(200)}`]) {
      const { status, json } = await bed.call('GET', wrong)
      assert.deepEqual([status, json.Code], [404, 'AsyncTaskNotFound'])
    }
    const { json } = await bed.call('GET', '/2023-03-30/functions/absent/async-tasks/t')
    assert.equal(json.Code, 'FunctionNotFound')
  })

  test('a list is filtered and paged as the query says', async () => {
    const { json } = await bed.call('GET', `${path}?limit=1&status=Failed&prefix=t&qualifier=LATEST&startedTimeBegin=1&startedTimeEnd=2&sortOrderByTime=asc&includePayload=true`) // biome-ignore format: one line
    assert.equal(json.tasks[0].taskPayload, 'in')
    await bed.call('GET', `${path}?nextToken=${json.nextToken}`)
    const [first, second] = queries as [AsyncTaskQuery, AsyncTaskQuery]
    const { accountId: _, ...asked } = first
    assert.deepEqual(asked, { functionName: 'hello', qualifier: 'LATEST', idPrefix: 't', status: 'Failed', startedFromMs: 1, startedToMs: 2, oldestFirst: true, limit: 1, after: undefined, includePayload: true }) // biome-ignore format: one line
    assert.deepEqual([second.after, second.limit, second.oldestFirst], ['here', 20, false])
    for (const wrong of [
      'status=Done',
      'sortOrderByTime=up',
      'startedTimeBegin=now',
      'includePayload=1',
      'limit=0',
    ]) {
      const refused = await bed.call('GET', `${path}?${wrong}`)
      assert.deepEqual([refused.status, refused.json.Code], [400, 'InvalidArgument'], wrong)
    }
  })

  test('a task is stopped, unless it has ended another way or is not there', async () => {
    const answer = await bed.call('PUT', `${path}/t/stop`)
    assert.deepEqual([answer.status, answer.text, stopped], [200, '', ['t']])
    const ended = await bed.call('PUT', `${path}/ended/stop`)
    assert.deepEqual([ended.status, ended.json.Code], [400, 'InvalidArgument'])
    for (const wrong of [`${path}/u/stop`, `${path}/t/stop?qualifier=blue`]) {
      const absent = await bed.call('PUT', wrong)
      assert.deepEqual([absent.status, absent.json.Code], [404, 'AsyncTaskNotFound'])
    }
  })

  test('a destination must be of a kind that is there, and a function where it says so', async () => {
    const put = (destination: string) =>
      bed.call('PUT', '/2023-03-30/functions/hello/async-invoke-config', {
        destinationConfig: { onFailure: { destination } },
      })
    const mns = await put('acs:mns:cn-hangzhou:1:/queues/q/messages')
    assert.deepEqual([mns.status, mns.json.Code], [501, 'NotImplemented'])
    const service = await put('acs:fc:cn-hangzhou:1:services/s/functions/f')
    assert.deepEqual([service.status, service.json.Code], [400, 'InvalidArgument'])
    assert.equal((await put('acs:fc:cn-hangzhou:1:functions/f/live')).status, 200)
  })
})
