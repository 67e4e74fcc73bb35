/** Stateful asynchronous tasks through the vendor's SDK, and dead letters through the platform's own API. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createFunction, invoke, type Sdk } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import {
  api,
  assertRefused,
  http,
  logOf,
  request,
  requestWith,
  sharedPlatform,
} from '../conformance.fixture.ts'

const bed = sharedPlatform()
const later = { xFcInvocationType: 'Async' }
const send = (event: object, taskId?: string) =>
  invoke(bed.client, 'task', JSON.stringify(event), { ...later, ...(taskId ? { xFcAsyncTaskId: taskId } : {}) }) // biome-ignore format: one line
const get = async (taskId: string): Promise<Sdk> =>
  (await bed.client.getAsyncTask('task', taskId, request('GetAsyncTask', { qualifier: 'LATEST' }))).body
const list = async (fields: object): Promise<Sdk> =>
  (await bed.client.listAsyncTasks('task', request('ListAsyncTasks', fields))).body
const stop = (taskId: string) => bed.client.stopAsyncTask('task', taskId, request('StopAsyncTask'))
const untilStatus = (taskId: string, status: string) =>
  until(
    async () => {
      const task = await get(taskId)
      return task.status === status && task
    },
    { what: `${taskId} to be ${status}` },
  )

describe('async tasks', () => {
  before(async () => {
    await createFunction(bed.client, {
      functionName: 'task',
      timeout: 600,
      files: {
        'index.js': `exports.handler = async (event) => {
          const { id, holdMs = 0, fails } = JSON.parse(event)
          console.log('CALLED ' + id)
          await new Promise((done) => setTimeout(done, holdMs))
          if (fails) throw new Error('no')
          return 'done'
        }`,
      },
    })
    const config = { asyncTask: true, maxAsyncRetryAttempts: 0 }
    await bed.client.putAsyncInvokeConfig('task', requestWith('PutAsyncInvokeConfig', config))
  })

  test('a task is followed from its acceptance to its end', async () => {
    const before = Date.now()
    assert.equal((await send({ id: 'one' }, 'one')).statusCode, 202)
    const task = await untilStatus('one', 'Succeeded')
    assert.deepEqual(
      task.events.map(({ status }: { status: string }) => status),
      ['Enqueued', 'Dequeued', 'Running', 'Succeeded'],
    )
    assert.ok(task.startedTime >= before && task.endTime >= task.startedTime && task.durationMs >= 0)
    assert.match(task.instanceId, /^c-/)
    assert.match(task.functionArn, /:functions\/task$/)
    assert.deepEqual([task.alreadyRetriedTimes, task.qualifier], [0, 'LATEST'])
    await assertRefused(send({ id: 'again' }, 'one'), 409, 'AsyncTaskAlreadyExists')
    await assertRefused(get('absent'), 404, 'AsyncTaskNotFound')
  })

  test('tasks are listed with their payloads', async () => {
    for (const id of ['list-a', 'list-b', 'list-c']) await send({ id }, id)
    await untilStatus('list-c', 'Succeeded')
    const fields = { prefix: 'list-', sortOrderByTime: 'asc', includePayload: true }
    const first = await list({ ...fields, limit: 2 })
    const second = await list({ ...fields, limit: 2, nextToken: first.nextToken })
    const tasks = [...first.tasks, ...second.tasks]
    assert.deepEqual(
      tasks.map(({ taskId, taskPayload }) => [taskId, JSON.parse(taskPayload).id]),
      ['list-a', 'list-b', 'list-c'].map((id) => [id, id]),
    )
    assert.ok(!second.nextToken)
  })

  test('a task that runs is stopped: its call is cancelled, and it is not called again', async () => {
    await send({ id: 'long', holdMs: 500_000 }, 'long')
    await until(async () => (await logOf(bed.platform, 'task')).some((line) => line.endsWith('CALLED long')), { what: 'the call' }) // biome-ignore format: one line
    await stop('long')
    const task = await untilStatus('long', 'Stopped')
    assert.deepEqual(task.events.map(({ status }: { status: string }) => status).slice(-2), [
      'Stopping',
      'Stopped',
    ])
    await stop('long')
    await assertRefused(stop('one'), 400, 'InvalidArgument')
    await assertRefused(stop('absent'), 404, 'AsyncTaskNotFound')
  })

  test('a task waits for as long as its header says, and can be stopped meanwhile', async () => {
    const delayed = (id: string, seconds: string) =>
      invoke(bed.client, 'task', JSON.stringify({ id }), {
        ...later,
        xFcAsyncTaskId: id,
        commonHeaders: { 'x-fc-async-delay': seconds },
      })
    await delayed('in-an-hour', '3600')
    await delayed('in-a-second', '1')
    const { startedTime, events } = await untilStatus('in-a-second', 'Succeeded')
    assert.ok(events.find(({ status }: Sdk) => status === 'Dequeued').timestamp - startedTime >= 1000)
    assert.equal((await get('in-an-hour')).status, 'Enqueued')
    await stop('in-an-hour')
    assert.equal((await get('in-an-hour')).status, 'Stopped')
    await assertRefused(delayed('in-a-day', '86400'), 400, 'InvalidArgument', /3600/)
  })

  test('a call by an HTTP trigger is a task as one by the API is', async () => {
    const triggerConfig = JSON.stringify({ authType: 'anonymous', methods: ['POST'] })
    const { body } = await bed.client.createTrigger(
      'task',
      requestWith('CreateTrigger', { triggerName: 'http', triggerType: 'http', triggerConfig }),
    )
    // The host name need not resolve here.
    const { host } = new URL(body.httpTrigger.urlInternet)
    const post = (headers: Record<string, string>) =>
      http(bed.platform.endpoints.edge, {
        method: 'POST',
        body: '{}',
        headers: { host, 'x-fc-invocation-type': 'Async', ...headers },
      })
    const named = await post({ 'x-fc-async-task-id': 'by-http' })
    assert.deepEqual([named.status, named.headers['x-fc-async-task-id']], [202, 'by-http'])
    assert.equal((await untilStatus('by-http', 'Succeeded')).requestId, named.headers['x-fc-request-id'])
    const again = await post({ 'x-fc-async-task-id': 'by-http' })
    assert.deepEqual([again.status, JSON.parse(again.text).Code], [409, 'AsyncTaskAlreadyExists'])
    const unnamed = await post({})
    assert.equal(unnamed.headers['x-fc-async-task-id'], unnamed.headers['x-fc-request-id'])
    await untilStatus(String(unnamed.headers['x-fc-request-id']), 'Succeeded')
  })

  test('a task that fails is a dead letter, which can be redriven and purged', async () => {
    const path = '/hanshu/functions/task/dead-letters'
    const letters = async () => JSON.parse((await api(bed.platform, 'GET', path)).text).deadLetters
    const called = async () =>
      (await logOf(bed.platform, 'task')).filter((line) => line.endsWith('CALLED fails')).length
    const { headers } = await send({ id: 'fails', fails: true }, 'fails')
    const { taskErrorMessage } = await untilStatus('fails', 'Failed')
    assert.equal(taskErrorMessage, 'UnhandledInvocationError')
    assert.deepEqual(
      (await letters()).map(({ requestId, because }: Record<string, string>) => [requestId, because]),
      [[headers['x-fc-request-id'], 'it failed 1 time']],
    )
    const { text } = await api(bed.platform, 'POST', `${path}/redrive`, { body: '{}' })
    assert.deepEqual(JSON.parse(text), { count: 1 })
    await until(async () => (await called()) === 2 && (await letters()).length === 1, { what: 'the second death' }) // biome-ignore format: one line
    const purged = await api(bed.platform, 'POST', `${path}/purge`)
    assert.deepEqual([JSON.parse(purged.text), await letters()], [{ count: 1 }, []])
  })
})
