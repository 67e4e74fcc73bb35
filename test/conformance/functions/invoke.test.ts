/** InvokeFunction through the vendor's SDK: synchronous, with the log's tail, asynchronous. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createFunction, invoke } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { assertRefused, logOf, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

describe('a synchronous invocation', () => {
  before(() =>
    createFunction(bed.client, {
      functionName: 'echo',
      files: {
        'index.js': 'exports.handler = async (event) => { console.log("said", event.length); return event }',
      },
    }),
  )

  test('gives back the bytes that the function returns, and says how it went', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const answer = await invoke(bed.client, 'echo', bytes)
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(answer.bytes, bytes)
    assert.match(answer.headers['x-fc-request-id']!, /^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/)
    assert.match(answer.headers['x-fc-instance-id']!, /^c-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/)
    assert.match(answer.headers['x-fc-invocation-duration']!, /^\d+$/)
    assert.match(answer.headers['x-fc-max-memory-usage']!, /^\d+\.\d\d$/)
    assert.equal(answer.headers['x-fc-invocation-service-version'], 'LATEST')
    assert.equal(answer.headers['x-fc-error-type'], undefined)
    assert.equal(answer.headers['x-fc-log-result'], undefined)
    const { body } = await bed.client.getFunction('echo', request('GetFunction'))
    assert.equal(answer.headers['x-fc-code-checksum'], body.codeChecksum)
    assert.equal((await invoke(bed.client, 'echo')).body, '')
  })

  test('brings the tail of its log when asked to', async () => {
    const { headers } = await invoke(bed.client, 'echo', 'abc', { xFcLogType: 'Tail' })
    const tail = Buffer.from(headers['x-fc-log-result']!, 'base64').toString()
    const id = headers['x-fc-request-id']!
    const lines = tail.split('\n')
    assert.equal(lines[0], `FC Invoke Start RequestId: ${id}`)
    assert.ok(
      lines.some((line) =>
        new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z ${id} \\[verbose\\] said 3$`).test(line),
      ),
      tail,
    )
    assert.ok(lines.includes(`FC Invoke End RequestId: ${id}`), tail)
    assert.match(
      tail,
      /\n\nDuration: \d+\.\d\d ms, Billed Duration: \d+ ms, Memory Size: 512 MB, Max Memory Used: \d+\.\d\d MB\n?$/,
    )
  })

  test('is refused with the vendor’s codes when it cannot be made', async () => {
    await assertRefused(invoke(bed.client, 'absent'), 404, 'FunctionNotFound')
    await assertRefused(invoke(bed.client, 'echo', '', { qualifier: '4' }), 404, 'VersionNotFound')
    await assertRefused(invoke(bed.client, 'echo', '', { qualifier: 'blue' }), 404, 'AliasNotFound')
    await assertRefused(
      invoke(bed.client, 'echo', '', { xFcInvocationType: 'Eventually' }),
      400,
      'InvalidArgument',
    )
    await assertRefused(invoke(bed.client, 'echo', '', { xFcLogType: 'Head' }), 400, 'InvalidArgument')
  })
})

describe('an asynchronous invocation', () => {
  const later = { xFcInvocationType: 'Async' }
  const send = (functionName: string, event: object, headers: object = {}, qualifier?: string) =>
    invoke(bed.client, functionName, JSON.stringify(event), { ...later, ...headers, qualifier })
  /** The retry counts of the attempts that this event has led to so far. */
  const attemptsOf = async (functionName: string, id: string): Promise<number[]> =>
    (await logOf(bed.platform, functionName)).flatMap((line) => {
      const said = /CALLED (\S+) (\d+)$/.exec(line)
      return said?.[1] === id ? [Number(said[2])] : []
    })
  const configure = (functionName: string, fields: object) =>
    bed.client.putAsyncInvokeConfig(functionName, requestWith('PutAsyncInvokeConfig', fields))

  before(() =>
    createFunction(bed.client, {
      functionName: 'later',
      files: {
        'index.js': `exports.handler = async (event, { retryCount }) => {
          const { id, failTimes = 0, holdMs = 0 } = JSON.parse(event)
          console.log('CALLED ' + id + ' ' + retryCount)
          await new Promise((done) => setTimeout(done, holdMs))
          if (retryCount < failTimes) throw new Error('not yet')
        }`,
      },
    }),
  )

  test('is accepted with 202 and an empty body, and carried out once', async () => {
    const accepted = await send('later', { id: 'once' })
    assert.deepEqual([accepted.statusCode, accepted.body], [202, ''])
    assert.ok(accepted.headers['x-fc-request-id'])
    assert.equal(accepted.headers['x-fc-async-task-id'], accepted.headers['x-fc-request-id'])
    const attempts = await until(
      async () => {
        const seen = await attemptsOf('later', 'once')
        return seen.length > 0 && seen
      },
      { what: 'the invocation' },
    )
    assert.deepEqual(attempts, [0])
  })

  test('that fails is tried again as often as its config says, and knows which attempt it is', async () => {
    await configure('later', { maxAsyncRetryAttempts: 1 })
    await send('later', { id: 'stubborn', failTimes: 9 })
    await until(async () => (await attemptsOf('later', 'stubborn')).length === 2, { what: 'both attempts' })
    await configure('later', { maxAsyncRetryAttempts: 0 })
    await send('later', { id: 'single', failTimes: 9 })
    await send('later', { id: 'after' })
    await until(async () => (await attemptsOf('later', 'after')).length === 1, { what: 'the last one' })
    assert.deepEqual(await attemptsOf('later', 'stubborn'), [0, 1])
    assert.deepEqual(await attemptsOf('later', 'single'), [0])
  })

  test('with a task id is not accepted twice while it is under way', async () => {
    const headers = { xFcAsyncTaskId: 'order_1' }
    const accepted = await send('later', { id: 'task', holdMs: 1000 }, headers)
    assert.equal(accepted.headers['x-fc-async-task-id'], 'order_1')
    await assertRefused(send('later', { id: 'task' }, headers), 409, 'AsyncTaskAlreadyExists', /order_1/)
    const again = await until(() => send('later', { id: 'task-again' }, headers).catch(() => undefined), {
      what: 'the task id to be free again',
    })
    assert.equal(again.statusCode, 202)
    assert.deepEqual(await attemptsOf('later', 'task'), [0])
    await assertRefused(send('later', {}, { xFcAsyncTaskId: '1 2' }), 400, 'InvalidArgument')
  })

  test('runs the version that its qualifier names', async () => {
    await bed.client.publishFunctionVersion('later', requestWith('PublishFunctionVersion', {}))
    await send('later', { id: 'versioned' }, {}, '1')
    await until(async () => (await attemptsOf('later', 'versioned')).length === 1, { what: 'the version' })
  })

  test('is refused when it could never be made', async () => {
    await assertRefused(send('absent', {}), 404, 'FunctionNotFound')
    await assertRefused(send('later', {}, {}, '9'), 404, 'VersionNotFound')
    await assertRefused(
      invoke(bed.client, 'later', Buffer.alloc(128 * 1024 + 1), later),
      400,
      'EntityTooLarge',
    )
    const most = await invoke(bed.client, 'later', Buffer.alloc(128 * 1024, '"'), later)
    assert.equal(most.statusCode, 202)
  })
})
