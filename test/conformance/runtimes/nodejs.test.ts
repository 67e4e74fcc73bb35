/** The runtime contract of Node.js, seen through InvokeFunction. */
import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { nodeBinary } from '../../../src/lib/node-binaries.ts'
import { createFunction, invoke, models, type Sdk } from '../../clients.fixture.ts'
import { projectDir, until } from '../../platform.fixture.ts'
import { logOf, noIsolation, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()
const role = 'acs:ram::1234567890123456:role/writer'

/** Why a runtime cannot be tested without the network, or false. */
const missing = (major: number): Promise<string | false> =>
  nodeBinary(major, { toolsDir: join(projectDir, '.tools'), npmCommand: 'false' }).then(
    () => false,
    () => `Node.js ${major} is not on this machine`,
  )

const create = (functionName: string, source: string, fields: object = {}) =>
  createFunction(bed.client, { functionName, files: { 'index.js': source }, runtime: 'nodejs24', ...fields })

async function failure(functionName: string, event = ''): Promise<Sdk> {
  const { statusCode, headers, body } = await invoke(bed.client, functionName, event, { xFcLogType: 'Tail' })
  assert.equal(statusCode, 200)
  const tail = Buffer.from(headers['x-fc-log-result']!, 'base64').toString()
  return { type: headers['x-fc-error-type'], tail, ...JSON.parse(body) }
}

for (const major of [20, 22, 24]) {
  describe(`nodejs${major}`, { skip: await missing(major) }, () => {
    const runtime = `nodejs${major}`

    test('gives the handler a Buffer and the context, and the environment of the contract', async () => {
      await create(
        `contract-${major}`,
        `exports.handler = (event, context, callback) => callback(null, {
          version: process.version, isBuffer: Buffer.isBuffer(event), event: event.toString(),
          context: JSON.parse(JSON.stringify(context)), cwd: process.cwd(), file: __filename,
          env: Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(FC_|MINE|ALIBABA)/.test(name))),
        })`,
        {
          runtime,
          memorySize: 256,
          cpu: 0.25,
          timeout: 9,
          role,
          environmentVariables: { MINE: 'my own' },
        },
      )
      const answer = await invoke(bed.client, `contract-${major}`, '{"a":1}')
      const seen = JSON.parse(answer.body)
      assert.match(seen.version, new RegExp(`^v${major}\\.`))
      assert.deepEqual([seen.isBuffer, seen.event], [true, '{"a":1}'])
      const { context, env } = seen
      assert.equal(context.requestId, answer.headers['x-fc-request-id'])
      assert.deepEqual(
        [context.function.name, context.function.handler, context.function.memory, context.function.timeout],
        [`contract-${major}`, 'index.handler', 256, 9],
      )
      assert.deepEqual([context.region, context.accountId], [bed.platform.region, bed.platform.accountId])
      assert.match(context.credentials.accessKeyId, /^STS\./)
      assert.ok(context.credentials.accessKeySecret && context.credentials.securityToken)
      assert.equal(context.service.qualifier, 'LATEST')
      assert.equal(context.retryCount, 0)
      const expected = {
        FC_FUNCTION_NAME: `contract-${major}`,
        FC_FUNCTION_HANDLER: 'index.handler',
        FC_FUNCTION_MEMORY_SIZE: '256',
        FC_ACCOUNT_ID: bed.platform.accountId,
        FC_REGION: bed.platform.region,
        FC_QUALIFIER: 'LATEST',
        FC_INSTANCE_ID: answer.headers['x-fc-instance-id'],
        MINE: 'my own',
      }
      for (const [name, value] of Object.entries(expected)) assert.equal(env[name], value, name)
      if (noIsolation === false) {
        assert.deepEqual([seen.cwd, seen.file, env.FC_FUNC_CODE_PATH], ['/code', '/code/index.js', '/code/'])
      }
    })

    test('takes what a handler returns, in every form', async () => {
      await create(
        `results-${major}`,
        `const results = { text: 'text', bytes: Buffer.from([0, 255]), number: 42, yes: true, nothing: undefined,
           none: null, object: { a: [1] }, list: [1, 'b'], empty: '' }
         exports.handler = async (event) => results[event]`,
        { runtime },
      )
      const expected = {
        text: 'text',
        bytes: Buffer.from([0, 255]),
        number: '42',
        yes: 'true',
        nothing: '',
        none: '',
        object: '{"a":[1]}',
        list: '[1,"b"]',
        empty: '',
      }
      for (const [event, value] of Object.entries(expected)) {
        assert.deepEqual(
          (await invoke(bed.client, `results-${major}`, event)).bytes,
          Buffer.from(value),
          event,
        )
      }
    })

    test('loads ES modules, from a folder, with await at the top', async () => {
      await createFunction(bed.client, {
        functionName: `esm-${major}`,
        runtime,
        handler: 'src/app.run',
        files: {
          'src/app.mjs': `import { word } from './word.mjs'
            const late = await Promise.resolve('late')
            export const run = async (event) => word + ' ' + late + ' ' + event`,
          'src/word.mjs': 'export const word = "esm"',
        },
      })
      assert.equal((await invoke(bed.client, `esm-${major}`, 'event')).body, 'esm late event')
    })
  })
}

describe('a handler that fails', () => {
  test('by throwing: UnhandledInvocationError, with message, type and stack', async () => {
    await create('throws', 'exports.handler = async () => { throw new TypeError("on purpose") }')
    const { type, errorMessage, errorType, stackTrace, tail } = await failure('throws')
    assert.deepEqual([type, errorMessage, errorType], ['UnhandledInvocationError', 'on purpose', 'TypeError'])
    assert.match(stackTrace.join('\n'), /index\.js/)
    assert.match(tail, /FC Invoke End RequestId: \S+, Error: Unhandled function error/)
  })

  test('by calling back with an error: HandledInvocationError', async () => {
    await create(
      'calls-back',
      `exports.handler = (event, context, callback) =>
        callback(event.toString() === 'text' ? 'a text' : new Error('handled'))`,
    )
    const { type, errorMessage, tail } = await failure('calls-back')
    assert.deepEqual([type, errorMessage], ['HandledInvocationError', 'handled'])
    assert.match(tail, /Handled function error/)
    assert.equal((await failure('calls-back', 'text')).errorMessage, 'a text')
  })

  test('by ending its process, and a later call gets a new instance', async () => {
    await create(
      'exits',
      'exports.handler = async (event) => { if (event.toString() === "exit") process.exit(3); return "alive" }',
    )
    const { headers } = await invoke(bed.client, 'exits')
    const { type, errorMessage } = await failure('exits', 'exit')
    assert.equal(type, 'UnhandledInvocationError')
    assert.match(
      errorMessage,
      /^Process exited unexpectedly before completing request \(duration: \d+ms, maxMemoryUsage: [\d.]+MB\)$/,
    )
    const again = await invoke(bed.client, 'exits')
    assert.equal(again.body, 'alive')
    assert.notEqual(again.headers['x-fc-instance-id'], headers['x-fc-instance-id'])
  })

  test('by an error outside of any call', async () => {
    await create(
      'async-throw',
      'exports.handler = (event, context, callback) => { setTimeout(() => { throw new Error("from a timer") }, 1) }',
    )
    const { type, errorMessage } = await failure('async-throw')
    assert.equal(type, 'UnhandledInvocationError')
    assert.match(errorMessage, /from a timer|Process exited unexpectedly/)
  })

  test('by taking longer than its timeout', async () => {
    await create('slow', 'exports.handler = () => new Promise(() => setInterval(() => {}, 1000))', {
      timeout: 1,
    })
    const { type, errorMessage, tail } = await failure('slow')
    assert.equal(type, 'UnhandledInvocationError')
    assert.match(errorMessage, /^Function timed out after 1 seconds \(maxMemoryUsage: [\d.]+MB\)$/)
    assert.match(tail, /Function timed out after 1 seconds/)
  })

  test('by a loop that never yields', async () => {
    await create('spins', 'exports.handler = () => { for (;;); }', { timeout: 1 })
    assert.match((await failure('spins')).errorMessage, /timed out after 1 seconds/)
  })

  test('by taking more memory than it has', { skip: noIsolation }, async () => {
    await create(
      'hungry',
      `exports.handler = () => { const kept = []; for (;;) kept.push(Buffer.alloc(8 << 20, 1)) }`,
      { memorySize: 128, cpu: 0.1, timeout: 30 },
    )
    const { type, errorMessage } = await failure('hungry')
    assert.equal(type, 'UnhandledInvocationError')
    assert.match(errorMessage, /memory/i)
  })
})

describe('an initializer', () => {
  const lifecycle = (initializer: object, preStop?: object) => ({
    instanceLifecycleConfig: new models.InstanceLifecycleConfig({
      initializer: new models.LifecycleHook(initializer),
      ...(preStop ? { preStop: new models.LifecycleHook(preStop) } : {}),
    }),
  })

  test('runs once per instance, before the first event', async () => {
    await create(
      'initialized',
      `let runs = 0; let calls = 0
       exports.init = (context, callback) => { runs++; setTimeout(callback, 10) }
       exports.handler = async () => [runs, ++calls]`,
      lifecycle({ handler: 'index.init', timeout: 5 }),
    )
    const first = await invoke(bed.client, 'initialized')
    const second = await invoke(bed.client, 'initialized')
    assert.deepEqual([first.body, second.body], ['[1,1]', '[1,2]'])
    assert.equal(first.headers['x-fc-instance-id'], second.headers['x-fc-instance-id'])
  })

  test('that fails is an InitializationError, and is tried anew by the next call', async () => {
    await create(
      'uninitialized',
      `exports.init = async () => { throw new Error('no luck') }
       exports.handler = async () => 'never'`,
      lifecycle({ handler: 'index.init', timeout: 5 }),
    )
    for (let attempt = 0; attempt < 2; attempt++) {
      const { headers, body } = await invoke(bed.client, 'uninitialized')
      assert.equal(headers['x-fc-error-type'], 'InitializationError')
      assert.equal(JSON.parse(body).errorMessage, 'no luck')
    }
    const lines = await logOf(bed.platform, 'uninitialized')
    assert.equal(lines.filter((line) => line.startsWith('FC Initialize Start RequestId: ')).length, 2)
  })

  test('that takes too long is an InitializationError', async () => {
    await create(
      'slow-start',
      `exports.init = () => new Promise(() => setInterval(() => {}, 1000))
       exports.handler = async () => 'never'`,
      lifecycle({ handler: 'index.init', timeout: 1 }),
    )
    const { headers, body } = await invoke(bed.client, 'slow-start')
    assert.equal(headers['x-fc-error-type'], 'InitializationError')
    assert.match(JSON.parse(body).errorMessage, /timed out after 1 seconds/)
  })

  test('has a counterpart: preStop runs when an instance is retired', async () => {
    await create(
      'stopping',
      `exports.init = async () => {}
       exports.stop = async () => console.log('goodbye')
       exports.handler = async () => 'called'`,
      lifecycle({ handler: 'index.init', timeout: 5 }, { handler: 'index.stop', timeout: 5 }),
    )
    await invoke(bed.client, 'stopping')
    // A new revision retires the instances of the one before.
    await bed.client.updateFunction(
      'stopping',
      new models.UpdateFunctionRequest({ body: new models.UpdateFunctionInput({ timeout: 11 }) }),
    )
    await invoke(bed.client, 'stopping')
    const lines = await until(
      async () => {
        const seen = await logOf(bed.platform, 'stopping')
        return seen.some((line) => line.startsWith('FC PreStop End')) && seen
      },
      { what: 'the preStop hook' },
    )
    assert.ok(lines.some((line) => line.endsWith('goodbye')))
  })
})

describe('what a function prints', () => {
  test('is in the tail by level, newlines and all, 4 KB of it at most', async () => {
    await create(
      'prints',
      `exports.handler = async (event, { logger }) => {
        console.info('an info'); console.warn('a warning'); console.error('an error'); console.debug('a detail')
        logger.info('by logger'); console.log('two\\nlines', { a: 1 }); process.stdout.write('raw\\n')
        if (event.toString() === 'flood') for (let n = 0; n < 500; n++) console.log('flood ' + n)
      }`,
    )
    const tailOf = async (event: string) =>
      Buffer.from(
        (await invoke(bed.client, 'prints', event, { xFcLogType: 'Tail' })).headers['x-fc-log-result']!,
        'base64',
      ).toString()
    const tail = await tailOf('')
    for (const line of ['[info] an info', '[warn] a warning', '[error] an error', '[debug] a detail', 'raw'])
      assert.ok(tail.includes(line), `${line}\n${tail}`)
    assert.match(tail, /\[info\] by logger/i)
    assert.match(tail, /\[verbose\] two\rlines \{ a: 1 \}/)
    const flooded = await tailOf('flood')
    assert.ok(Buffer.byteLength(flooded) <= 4096)
    assert.match(flooded, /flood 499\n[\s\S]*Duration: /)
    assert.equal((await logOf(bed.platform, 'prints')).filter((line) => /flood \d+$/.test(line)).length, 500)
  })
})

describe('payloads', () => {
  test('of 32 MB go in, and of more than 6 MB come out', async () => {
    await create(
      'sizes',
      'exports.handler = async (event) => Buffer.alloc(Number(event.length === 1 ? 9e6 : 7), 120)',
    )
    assert.equal((await invoke(bed.client, 'sizes', Buffer.alloc(32 * 1024 * 1024))).body, 'xxxxxxx')
    assert.equal((await invoke(bed.client, 'sizes', 'x')).bytes.length, 9e6)
  })
})

const preinstalled = join(projectDir, 'runtimes/nodejs/modules/node_modules')
const noModules = await access(preinstalled).then(
  () => false as const,
  () => 'the modules of the Node.js runtimes are not installed',
)

describe('modules that come with the runtime', { skip: noModules }, () => {
  test('can be required without shipping them; a function’s own copy wins', async () => {
    await create(
      'preinstalled',
      'exports.handler = async () => [typeof require("co"), typeof require("raw-body")]',
    )
    assert.equal((await invoke(bed.client, 'preinstalled')).body, '["function","function"]')
    await createFunction(bed.client, {
      functionName: 'own-copy',
      files: {
        'index.js': 'exports.handler = async () => require("co")',
        'node_modules/co/index.js': 'module.exports = "my own co"',
      },
    })
    assert.equal((await invoke(bed.client, 'own-copy')).body, 'my own co')
  })
})

describe('credentials', () => {
  test('are there only with a role', async () => {
    const source = 'exports.handler = async (event, context) => JSON.stringify(context.credentials ?? {})'
    await create('roleless', source)
    const without = JSON.parse((await invoke(bed.client, 'roleless')).body)
    assert.ok(!without.accessKeyId && !without.securityToken, JSON.stringify(without))
    await create('with-role', source, { role })
    assert.match(JSON.parse((await invoke(bed.client, 'with-role')).body).accessKeyId, /^STS\./)
  })
})
