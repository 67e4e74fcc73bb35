import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { InvocationOutcome } from '../../ports/invocation.ts'
import { AsyncQueueFull, DuplicateAsyncTask } from './needs.ts'
import { accountId, crc64Of, startTestbed, succeeded, type Testbed, zipOf } from './testbed.fixture.ts'

describe('InvokeFunction', () => {
  let bed: Testbed
  const path = '/2023-03-30/functions/hello/invocations'
  before(async () => {
    bed = await startTestbed()
    await bed.createFunction('hello', { role: `acs:ram::${accountId}:role/r`, timeout: 9 })
  })
  after(() => bed.close())

  const report = { instanceId: 'c-2', durationMs: 0.4, billedMs: 1, maxMemoryMb: 7, coldStart: true }

  test('a synchronous call gives the event to the function and its bytes to the caller', async () => {
    bed.script.outcome = succeeded('{"hello":1}')
    const { status, text, headers } = await bed.call('POST', path, '{"a":1}')
    assert.deepEqual([status, text], [200, '{"hello":1}'])
    const call = bed.invocations.at(-1)!
    assert.equal(Buffer.from(call.event).toString(), '{"a":1}')
    assert.equal(call.qualifier, 'LATEST')
    assert.equal(call.wantLogTail, false)
    assert.equal(call.requestId, headers.get('x-fc-request-id'))
    assert.equal(call.revision.timeoutMs, 9000)
    assert.equal(call.revision.role, `acs:ram::${accountId}:role/r`)
    const expected = {
      'content-type': 'application/octet-stream',
      'access-control-expose-headers':
        'Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,x-fc-max-memory-usage,x-fc-log-result,x-fc-invocation-code-version',
      'x-fc-code-checksum': crc64Of(zipOf('hello')),
      'x-fc-instance-id': 'c-1',
      'x-fc-invocation-duration': '3',
      'x-fc-invocation-service-version': 'LATEST',
      'x-fc-max-memory-usage': '100.26',
    }
    for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, name)
    assert.equal(headers.get('x-fc-error-type'), null)
    assert.equal(headers.get('x-fc-log-result'), null)
  })

  test('with Tail the end of the log comes along in base64', async () => {
    bed.script.outcome = {
      outcome: 'succeeded',
      body: Buffer.from(''),
      report: { ...report, logTail: Buffer.from('line\n') },
    }
    const { headers, text } = await bed.call('POST', path, '', { 'x-fc-log-type': 'Tail' })
    assert.equal(headers.get('x-fc-log-result'), Buffer.from('line\n').toString('base64'))
    assert.equal(text, '')
    assert.equal(bed.invocations.at(-1)?.wantLogTail, true)
  })

  test('a function that fails is answered with 200 and the type of its error', async () => {
    const types = {
      handledError: 'HandledInvocationError',
      unhandledError: 'UnhandledInvocationError',
      initializationError: 'InitializationError',
    } as const
    for (const [outcome, type] of Object.entries(types)) {
      bed.script.outcome = {
        outcome: outcome as keyof typeof types,
        because: 'handler',
        body: Buffer.from('{"errorMessage":"x"}'),
        report,
      }
      const { status, text, headers } = await bed.call('POST', path, '{}')
      assert.deepEqual([status, text], [200, '{"errorMessage":"x"}'])
      assert.equal(headers.get('x-fc-error-type'), type)
      assert.equal(headers.get('x-fc-instance-id'), 'c-2')
      assert.equal(headers.get('content-type'), 'application/octet-stream')
    }
  })

  test('a call that did not get to the function is an error of the API', async () => {
    const cases: [InvocationOutcome, number, string][] = [
      [{ outcome: 'throttled', message: 'too many' }, 429, 'ResourceExhausted'],
      [{ outcome: 'platformError', message: 'no sandbox' }, 500, 'InternalServerError'],
      [{ outcome: 'cancelled' }, 499, 'ClientClosedRequest'],
    ]
    for (const [outcome, status, code] of cases) {
      bed.script.outcome = outcome
      const answer = await bed.call('POST', path, '{}')
      assert.deepEqual([answer.status, answer.json.Code], [status, code])
    }
    bed.script.outcome = succeeded('ok')
  })

  test('unknown functions, versions and aliases are told apart', async () => {
    const code = async (url: string) => (await bed.call('POST', url, '{}')).json.Code
    assert.equal(await code('/2023-03-30/functions/nobody/invocations'), 'FunctionNotFound')
    assert.equal(await code(`${path}?qualifier=9`), 'VersionNotFound')
    assert.equal(await code(`${path}?qualifier=nobody`), 'AliasNotFound')
  })

  test('headers that ask for what is not there are refused', async () => {
    for (const [headers, status] of [
      [{ 'x-fc-invocation-type': 'Later' }, 400],
      [{ 'x-fc-log-type': 'Head' }, 400],
      [{ 'x-fc-async-delay': '5' }, 400],
      [{ 'x-fc-async-delay': '0' }, 200],
      [{ 'x-fc-invocation-type': 'Async', 'x-fc-async-delay': '3601' }, 400],
      [{ 'x-fc-invocation-type': 'Async', 'x-fc-async-delay': 'soon' }, 400],
    ] as const) {
      assert.equal((await bed.call('POST', path, '{}', headers)).status, status)
    }
  })

  test('an event may have 32 MB, not more', async () => {
    const limit = 32 * 1024 * 1024
    const most = await bed.call('POST', path, Buffer.alloc(limit))
    assert.equal(most.status, 200)
    assert.equal(bed.invocations.at(-1)?.event.length, limit)
    const { status, json } = await bed.call('POST', path, Buffer.alloc(limit + 1))
    assert.deepEqual([status, json.Code], [400, 'EntityTooLarge'])
    assert.equal(json.Message, `payload size exceeds maximum allowed size (${limit} bytes)`)
  })

  test('an asynchronous call is kept before it is acknowledged, and nothing runs meanwhile', async () => {
    const ran = bed.invocations.length
    const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': 'my-task' }
    const answer = await bed.call('POST', `${path}?qualifier=LATEST`, 'event', headers)
    assert.deepEqual([answer.status, answer.text], [202, ''])
    assert.equal(answer.headers.get('x-fc-async-task-id'), 'my-task')
    assert.equal(bed.invocations.length, ran)
    const requestId = answer.headers.get('x-fc-request-id')!
    assert.deepEqual(bed.accepted.at(-1), {
      accountId,
      functionName: 'hello',
      qualifier: 'LATEST',
      event: Buffer.from('event'),
      requestId,
      taskId: 'my-task',
      acceptedAtMs: bed.clock.now(),
    })
    const unnamed = await bed.call('POST', path, 'event', { 'x-fc-invocation-type': 'Async' })
    assert.equal(bed.accepted.at(-1)?.taskId, unnamed.headers.get('x-fc-request-id'))
  })

  test('an asynchronous call may be delayed, and a task be kept of it whatever the config says', async () => {
    const answer = await bed.call('POST', path, 'event', {
      'x-fc-invocation-type': 'Async',
      'x-fc-async-delay': '3600',
      'x-fc-stateful-async-invocation-enable': 'True',
    })
    assert.equal(answer.status, 202)
    const { delayMs, stateful } = bed.accepted.at(-1)!
    assert.deepEqual([delayMs, stateful], [3_600_000, true])
    await bed.call('POST', path, 'event', { 'x-fc-invocation-type': 'Async', 'x-fc-async-delay': '0' })
    const plain = bed.accepted.at(-1)!
    assert.deepEqual(['delayMs' in plain, 'stateful' in plain], [false, false])
  })

  test('an asynchronous call that cannot be kept is not acknowledged', async () => {
    const async = { 'x-fc-invocation-type': 'Async' }
    const count = bed.accepted.length
    const large = await bed.call('POST', path, Buffer.alloc(128 * 1024 + 1), async)
    assert.deepEqual([large.status, large.json.Code], [400, 'EntityTooLarge'])
    const bad = await bed.call('POST', path, '', { ...async, 'x-fc-async-task-id': '1 2' })
    assert.equal(bad.json.Code, 'InvalidArgument')
    const nobody = await bed.call('POST', '/2023-03-30/functions/nobody/invocations', '', async)
    assert.equal(nobody.json.Code, 'FunctionNotFound')
    assert.equal(bed.accepted.length, count)
    for (const [error, status, code] of [
      [new DuplicateAsyncTask('t'), 409, 'AsyncTaskAlreadyExists'],
      [new AsyncQueueFull(), 429, 'ResourceExhausted'],
      [new Error('the disk is full'), 500, 'InternalServerError'],
    ] as const) {
      const own = await startTestbed({ asyncInvocations: { accept: () => Promise.reject(error) } })
      try {
        await own.createFunction('hello')
        const answer = await own.call('POST', path, '', async)
        assert.deepEqual([answer.status, answer.json.Code], [status, code])
      } finally {
        await own.close()
      }
    }
  })

  test('a disabled function is not invoked until it is enabled again', async () => {
    const fn = '/2023-03-30/functions/hello'
    assert.deepEqual((await bed.call('POST', `${fn}/invoke/disable`, { reason: 'upkeep' })).json, {
      success: true,
    })
    const refused = await bed.call('POST', path, '{}')
    assert.deepEqual([refused.status, refused.json.Code], [403, 'FunctionInvocationDisabled'])
    assert.match(refused.json.Message, /upkeep/)
    const { json } = await bed.call('GET', fn)
    assert.deepEqual(
      [json.invocationRestriction.disable, json.invocationRestriction.reason],
      [true, 'upkeep'],
    )
    assert.deepEqual((await bed.call('POST', `${fn}/invoke/enable`)).json, { success: true })
    assert.equal((await bed.call('POST', path, '{}')).status, 200)
    assert.equal((await bed.call('GET', fn)).json.invocationRestriction, undefined)
    assert.deepEqual(bed.stopped, [])
    await bed.call('POST', `${fn}/invoke/disable`, { abortOngoingRequest: true })
    assert.deepEqual(bed.stopped, ['hello'])
    await bed.call('POST', `${fn}/invoke/enable`)
    assert.equal((await bed.call('POST', '/2023-03-30/functions/none/invoke/disable', { abortOngoingRequest: true })).status, 404) // biome-ignore format: one line
    assert.deepEqual(bed.stopped, ['hello'])
  })

  test('a call that is ended with all of its function is told so: its caller has not left', async () => {
    bed.script.outcome = { outcome: 'cancelled', stopped: true }
    const { status, json } = await bed.call('POST', path, '{}')
    assert.deepEqual([status, json.Code], [403, 'FunctionInvocationDisabled'])
    assert.match(json.Message, /under way, and was ended/)
    bed.script.outcome = succeeded('ok')
  })

  test('an alias splits calls by weight, and an update is seen by the next call', async () => {
    const fn = '/2023-03-30/functions/hello'
    await bed.call('POST', `${fn}/versions`, {})
    await bed.call('PUT', fn, { description: 'second' })
    await bed.call('POST', `${fn}/versions`, {})
    const weights = { aliasName: 'split', versionId: '1', additionalVersionWeight: { 2: 0.3 } }
    await bed.call('POST', `${fn}/aliases`, weights)
    const versionAt = async (random: number) => {
      bed.random.next = random
      const { headers } = await bed.call('POST', `${path}?qualifier=split`, '{}')
      assert.equal(bed.invocations.at(-1)?.qualifier, 'split')
      return headers.get('x-fc-invocation-service-version')
    }
    assert.deepEqual([await versionAt(0), await versionAt(0.299)], ['2', '2'])
    assert.deepEqual([await versionAt(0.3), await versionAt(0.999)], ['1', '1'])
    await bed.call('PUT', `${fn}/aliases/split`, { versionId: '2', additionalVersionWeight: {} })
    assert.equal(await versionAt(0.999), '2')
    const key = () => bed.invocations.at(-1)?.revision.key
    await bed.call('POST', path, '{}')
    const before = key()
    await bed.call('POST', path, '{}')
    assert.equal(key(), before)
    await bed.call('PUT', fn, { timeout: 77 })
    await bed.call('POST', path, '{}')
    assert.notEqual(key(), before)
    assert.equal(bed.invocations.at(-1)?.revision.timeoutMs, 77_000)
  })

  test('a caller that goes away aborts the call', async () => {
    const aborted = new Promise<void>((resolve) => {
      bed.script.outcome = (call) =>
        new Promise((answer) => {
          call.signal!.addEventListener('abort', () => {
            resolve()
            answer({ outcome: 'cancelled' })
          })
          client.destroy()
        })
    })
    const client = request(`http://${bed.endpoint}${path}`, { method: 'POST' })
    client.on('error', () => {})
    client.end('{}')
    await aborted
    bed.script.outcome = succeeded('ok')
  })
})
