/** The runtime contract of Python, seen through InvokeFunction. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFunction, invoke, models, type Sdk } from '../../clients.fixture.ts'
import { logOf, noIsolation, refusal, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

const create = (functionName: string, source: string, fields: object = {}) =>
  createFunction(bed.client, {
    functionName,
    files: { 'index.py': source },
    runtime: 'python3.10',
    ...fields,
  })

async function failure(functionName: string, event = ''): Promise<Sdk> {
  const { headers, body } = await invoke(bed.client, functionName, event)
  return { type: headers['x-fc-error-type'], ...JSON.parse(body) }
}

for (const runtime of ['python3', 'python3.10', 'python3.12']) {
  test(`${runtime} gives the handler bytes and the context, and the environment of the contract`, async (t) => {
    const name = `contract-${runtime.replace('.', '-')}`
    const source = `import json, os, sys
def handler(event, context):
    print('a line')
    credentials = getattr(context, 'credentials', None)
    return {
        'version': list(sys.version_info[:2]), 'type': type(event).__name__, 'event': event.decode(),
        'request_id': context.request_id, 'requestId': context.requestId,
        'function': [context.function.name, context.function.handler, context.function.memory, context.function.timeout],
        'region': context.region, 'account_id': context.account_id, 'retry_count': context.retry_count,
        'credentials': bool(credentials and credentials.access_key_id and credentials.security_token),
        'in_env': 'ALIBABA_CLOUD_ACCESS_KEY_ID' in os.environ,
        'env': {k: v for k, v in os.environ.items() if k.startswith('FC_') or k == 'MINE'}, 'cwd': os.getcwd(),
    }
`
    const created = await create(name, source, {
      runtime,
      timeout: 9,
      role: 'acs:ram::1234567890123456:role/writer',
      environmentVariables: { MINE: 'egen' },
    }).catch((error) => error)
    if (created instanceof Error) {
      const { status, code } = await refusal(Promise.reject(created))
      assert.deepEqual([status, code], [501, 'NotImplemented'])
      t.skip(`there is no Python for ${runtime} on this machine`)
      return
    }
    const answer = await invoke(bed.client, name, 'grüße')
    assert.equal(answer.headers['x-fc-error-type'], undefined, answer.body)
    const seen = JSON.parse(answer.body)
    const id = answer.headers['x-fc-request-id']
    assert.deepEqual([seen.type, seen.event, seen.request_id, seen.requestId], ['bytes', 'grüße', id, id])
    assert.deepEqual(seen.function, [name, 'index.handler', 512, 9])
    assert.deepEqual(
      [seen.region, seen.account_id, seen.retry_count],
      [bed.platform.region, bed.platform.accountId, 0],
    )
    // From 3.12 on they are in the environment instead.
    if (runtime === 'python3.12') assert.ok(seen.in_env)
    else assert.ok(seen.credentials)
    assert.deepEqual(
      [seen.env.FC_FUNCTION_NAME, seen.env.FC_INSTANCE_ID, seen.env.MINE],
      [name, answer.headers['x-fc-instance-id'], 'egen'],
    )
    if (noIsolation === false) assert.deepEqual([seen.cwd, seen.env.FC_FUNC_CODE_PATH], ['/code', '/code/'])
  })
}

test('Python takes what a handler returns, in every form', async () => {
  await create(
    'results',
    `results = {'text': 'tëxt', 'bytes': bytes([0, 255]), 'number': 42, 'yes': True, 'none': None, 'dict': {'a': [1]}}
def handler(event, context):
    return results[event.decode()]
`,
  )
  const of = async (event: string) => (await invoke(bed.client, 'results', event)).bytes
  assert.equal((await of('text')).toString(), 'tëxt')
  assert.deepEqual(await of('bytes'), Buffer.from([0, 255]))
  assert.equal((await of('number')).toString(), '42')
  assert.equal((await of('yes')).toString(), 'true')
  assert.deepEqual(JSON.parse((await of('dict')).toString()), { a: [1] })
  assert.ok(['', 'null'].includes((await of('none')).toString()))
})

describe('a Python handler that fails', () => {
  test('by raising: UnhandledInvocationError, with message, type and stack', async () => {
    await create(
      'raises',
      `class MyError(Exception):
    pass

def handler(event, context):
    raise MyError('on purpose')
`,
    )
    const { type, errorMessage, errorType, stackTrace } = await failure('raises')
    assert.deepEqual([type, errorMessage, errorType], ['UnhandledInvocationError', 'on purpose', 'MyError'])
    assert.match(JSON.stringify(stackTrace), /index\.py.*line 5.*in handler.*raise MyError/)
  })

  test('by ending its process, and a later call gets a new instance', async () => {
    await create(
      'exits',
      `import os
def handler(event, context):
    if event == b'exit':
        os._exit(3)
    return 'alive'
`,
    )
    assert.match((await failure('exits', 'exit')).errorMessage, /^Process exited unexpectedly/)
    assert.equal((await invoke(bed.client, 'exits')).body, 'alive')
  })

  test('by sys.exit', async () => {
    await create('sys-exit', 'import sys\ndef handler(event, context):\n    sys.exit(1)\n')
    assert.equal((await failure('sys-exit')).type, 'UnhandledInvocationError')
  })

  test('by a result that is no JSON', async () => {
    await create('set', 'def handler(event, context):\n    return {1, 2}\n')
    const { type, errorMessage } = await failure('set')
    assert.equal(type, 'UnhandledInvocationError')
    assert.match(errorMessage, /serializable|JSON/)
  })

  test('by taking longer than its timeout', async () => {
    await create('slow', 'import time\ndef handler(event, context):\n    time.sleep(60)\n', { timeout: 1 })
    assert.match((await failure('slow')).errorMessage, /^Function timed out after 1 seconds/)
  })
})

test('a Python initializer runs once, its failure is an InitializationError', async () => {
  const hook = (handler: string) => ({
    instanceLifecycleConfig: new models.InstanceLifecycleConfig({
      initializer: new models.LifecycleHook({ handler, timeout: 5 }),
    }),
  })
  await create(
    'initialized',
    `runs = calls = 0
def init(context):
    global runs
    runs += 1

def handler(event, context):
    global calls
    calls += 1
    return [runs, calls]

def bad(context):
    raise ValueError('no luck')
`,
    hook('index.init'),
  )
  assert.deepEqual(JSON.parse((await invoke(bed.client, 'initialized')).body), [1, 1])
  assert.deepEqual(JSON.parse((await invoke(bed.client, 'initialized')).body), [1, 2])
  await create('uninitialized', 'def bad(context):\n    raise ValueError("no luck")\n', hook('index.bad'))
  const { type, errorMessage } = await failure('uninitialized')
  assert.deepEqual([type, errorMessage], ['InitializationError', 'no luck'])
})

test('what a Python function logs is in its log, by level', async () => {
  await create(
    'logs',
    `import logging, sys
def handler(event, context):
    logging.getLogger().info('an info')
    context_logger = getattr(context, 'logger', logging.getLogger())
    context_logger.warning('a warning')
    print('printed')
    print('to stderr', file=sys.stderr)
    sys.stdout.write('no newline')
`,
  )
  const { headers } = await invoke(bed.client, 'logs', '', { xFcLogType: 'Tail' })
  const tail = Buffer.from(headers['x-fc-log-result']!, 'base64').toString()
  const id = headers['x-fc-request-id']
  assert.match(tail, new RegExp(`\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z ${id} \\[INFO\\] an info\\n`))
  assert.match(tail, /\[WARNING\] a warning\n/)
  assert.match(tail, /\nprinted\n/)
  assert.match(tail, /to stderr\n/)
  assert.match(tail, /no newline\n/)
  assert.ok((await logOf(bed.platform, 'logs')).includes('printed'))
})
